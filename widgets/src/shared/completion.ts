import { fill, h } from "./dom";
import { visible } from "./text";

let made = 0;

/** A text field with a completion list (the ARIA combobox pattern): pick a known name, or coin a new one. */
export class Completion {
  readonly el: HTMLElement;
  readonly input: HTMLInputElement;
  #list: HTMLElement;
  #offers: { name: string; coined: boolean }[] = [];
  #at = 0;
  #said = "";
  #id = `wbw-completion-${(made += 1)}`;

  /** What is typed and not chosen is taken when the field is left (`keeps`), or forgotten; Escape forgets it. */
  constructor(name: string, private known: () => readonly string[], private choose: (name: string | null) => void, private leave: () => void, private keeps = false) {
    this.#list = h("ul", { class: "wbw-offers", role: "listbox", id: this.#id, "aria-label": name, hidden: true });
    this.input = h("input", {
      class: "wbw-field", type: "text", role: "combobox", "aria-label": name, "aria-autocomplete": "list", "aria-expanded": "false",
      "aria-controls": this.#id, autocomplete: "off", spellcheck: "false", placeholder: "pick one or coin a new one",
    });
    this.input.addEventListener("input", () => this.#offer());
    this.input.addEventListener("focus", () => {
      this.input.select();
      this.#offer(true);
    });
    this.input.addEventListener("blur", () => {
      this.#close();
      this.commit();
    });
    this.input.addEventListener("keydown", (event) => this.#key(event));
    // before the field loses the focus
    this.#list.addEventListener("mousedown", (event) => {
      event.preventDefault();
      const option = (event.target as Element).closest<HTMLElement>("[data-at]");
      if (option !== null) this.#take(Number(option.dataset["at"]));
    });
    this.el = h("div", { class: "wbw-completion" }, this.input, this.#list);
  }

  /** Show what is said. */
  show(name: string): void {
    this.#said = name;
    this.input.value = name;
  }

  /** Hand over what was typed and not yet said. */
  commit(): void {
    const typed = this.input.value.trim();
    if (!this.keeps || typed === this.#said) return;
    const same = [...this.known()].find((name) => name.toLowerCase() === typed.toLowerCase());
    this.#choose(typed === "" ? null : (same ?? typed));
  }

  #choose(name: string | null): void {
    this.show(name ?? "");
    this.choose(name);
  }

  #key(event: KeyboardEvent): void {
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const by = event.key === "ArrowDown" ? 1 : -1;
      if (this.#offers.length > 0) this.#at = (this.#at + by + this.#offers.length) % this.#offers.length;
      this.#draw();
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (this.input.value.trim() === "") {
        this.#choose(null);
        this.leave();
      } else this.#take(this.#at);
    } else if (event.key === "Escape") {
      event.preventDefault();
      this.input.value = this.#said;
      this.leave();
    }
  }

  #offer(all = false): void {
    const typed = this.input.value.trim();
    const wanted = all ? "" : typed.toLowerCase();
    const known = [...this.known()];
    const rank = (name: string): number => {
      const lower = name.toLowerCase();
      if (lower === wanted) return 0;
      if (lower.startsWith(wanted)) return 1;
      if (lower.split(/[\s_-]+/).some((word) => word.startsWith(wanted))) return 2;
      return lower.includes(wanted) ? 3 : 9;
    };
    this.#offers = known
      .map((name) => ({ name, coined: false, rank: rank(name) }))
      .filter((offer) => offer.rank < 9)
      .sort((a, b) => a.rank - b.rank || a.name.localeCompare(b.name))
      .slice(0, 8);
    if (typed !== "" && !known.some((name) => name.toLowerCase() === typed.toLowerCase())) this.#offers.push({ name: typed, coined: true });
    this.#at = Math.max(0, all ? this.#offers.findIndex((offer) => offer.name === typed) : 0);
    this.#draw();
  }

  #draw(): void {
    fill(
      this.#list,
      ...this.#offers.map((offer, at) =>
        h(
          "li",
          { role: "option", id: `${this.#id}-${at}`, "data-at": at, "aria-selected": at === this.#at ? "true" : "false" },
          offer.coined ? h("span", { class: "wbw-coin" }, "+ new: ") : null,
          visible(offer.name),
        ),
      ),
    );
    const open = this.#offers.length > 0;
    this.#list.toggleAttribute("hidden", !open);
    this.input.setAttribute("aria-expanded", String(open));
    if (open) this.input.setAttribute("aria-activedescendant", `${this.#id}-${this.#at}`);
    else this.input.removeAttribute("aria-activedescendant");
    const selected = this.#list.children[this.#at];
    if (selected instanceof HTMLElement) this.#list.scrollTop = Math.max(0, selected.offsetTop - this.#list.clientHeight / 2);
  }

  #take(at: number): void {
    const offer = this.#offers[at];
    if (offer === undefined) return;
    this.#choose(offer.name);
    this.leave();
  }

  #close(): void {
    this.#list.toggleAttribute("hidden", true);
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }
}
