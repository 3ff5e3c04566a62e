import { fill, h } from "../shared/dom";
import { count, visible } from "../shared/text";
import { type Colouring, type Entry, columnMarks, shadeColour } from "./colours";
import { swatchOf } from "./marks";

/** What the colours mean, beside the map: pressing an entry lights its sessions. */
export class Legend {
  readonly el = h("div", { class: "wbw-legend", role: "group", "aria-label": "Legend", hidden: true });

  constructor(private choose: (entry: number) => void) {
    this.el.addEventListener("click", (event) => {
      const entry = (event.target as Element).closest<HTMLElement>("[data-entry]");
      if (entry !== null) this.choose(Number(entry.dataset["entry"]));
    });
  }

  show(colouring: Colouring | null, lit: number | null, dark: boolean): void {
    const held = this.el.contains(document.activeElement);
    this.el.hidden = colouring === null;
    if (colouring === null) {
      fill(this.el);
      return;
    }
    const entries = colouring.entries.map((entry, place) => this.#entry(colouring, entry, place, place === lit, dark));
    const scaled = colouring.shade !== null;
    const [inside, beside] = [entries.filter((_, place) => colouring.entries[place]?.from !== undefined), entries.filter((_, place) => colouring.entries[place]?.from === undefined)];
    fill(
      this.el,
      h("span", { class: "wbw-legend-name", dir: "auto" }, visible(colouring.column), scaled && colouring.scale !== "linear" && h("span", { class: "wbw-hint" }, ` ${colouring.scale}`)),
      inside.length > 0 && h("span", { class: "wbw-scale" }, ...inside),
      ...beside,
    );
    if (held) this.el.querySelector<HTMLElement>("[aria-pressed='true']")?.focus({ preventScroll: true });
  }

  #entry(colouring: Colouring, entry: Entry, place: number, lit: boolean, dark: boolean): HTMLElement {
    const name = visible(entry.name);
    const props = { type: "button", class: "wbw-entry", "data-entry": place, "aria-pressed": lit ? "true" : "false", disabled: entry.count === 0, title: `${name}: ${count(entry.count)}` };
    const words = [h("span", { class: "wbw-entry-name", dir: "auto" }, name), " ", h("span", { class: "wbw-entry-count" }, count(entry.count))];
    if (entry.from === undefined || entry.to === undefined) {
      const marks = columnMarks({ ...colouring, which: Uint8Array.of(place), shade: null }, dark);
      return h("button", props, swatchOf(marks, marks.key(0)), ...words);
    }
    const ramp = h("span", { class: "wbw-ramp", "aria-hidden": "true" });
    const [from, to] = [entry.from / 255, entry.to / 255];
    ramp.style.background = `linear-gradient(to right, ${[from, (from + to) / 2, to].map((at) => shadeColour(at, dark)).join(", ")})`;
    // a line may end between the ends of a band, and not within a date or a number
    const ends = name.split(" to ").flatMap((end, at, all) => [h("span", { class: "wbw-end" }, at < all.length - 1 ? `${end} to` : end), at < all.length - 1 && " "]);
    return h("button", props, ramp, h("span", { class: "wbw-entry-words" }, h("span", { class: "wbw-entry-name" }, ...ends), " ", words[2] as HTMLElement));
  }
}
