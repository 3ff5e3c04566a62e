import { button, fill, h } from "./dom";
import type { Delivery } from "./outbox";
import { plural } from "./text";

/** One line that says what became of what was said: never "saved" before the other side said so. */
export class Status {
  readonly el = h("div", { class: "wbw-status" });
  #text = h("span", { role: "status", class: "wbw-status-text" });
  #retry: HTMLButtonElement;
  #discard: HTMLButtonElement;

  constructor(retry: () => void, discard: () => void, key: string, private done = "saved", private remedy = "If it was restarted, run this cell again.") {
    this.#retry = button("Try again", retry, { key, class: "wbw-quiet" });
    this.#discard = button("Discard", discard, { class: "wbw-quiet", title: "Give up the change that was refused" });
    this.el.append(this.#text, this.#retry, this.#discard);
    this.show({ state: "idle", waiting: 0 }, true);
  }

  show(delivery: Delivery, alive: boolean): void {
    const [state, glyph, says] = words(delivery, alive, this.done, this.remedy);
    this.el.dataset["state"] = state;
    fill(this.#text, h("span", { class: "wbw-glyph", "aria-hidden": "true" }, glyph), says);
    const refused = delivery.state === "unsaved" && delivery.refused;
    this.#retry.hidden = delivery.state !== "unsaved";
    this.#discard.hidden = !refused;
  }
}

function words(delivery: Delivery, alive: boolean, done: string, remedy: string): [string, string, string] {
  if (delivery.state === "unsaved" && delivery.refused && alive) {
    return ["unsaved", "✕", `not saved: ${delivery.why}. ${kept(delivery.waiting)}`];
  }
  if (delivery.state === "unsaved" || !alive) {
    const what = delivery.waiting > 0 ? `not saved: the kernel is not answering. ${kept(delivery.waiting)}` : "the kernel is not answering: nothing can be saved.";
    return ["unsaved", "✕", `${what} ${remedy}`];
  }
  if (delivery.state === "saving") return ["saving", "…", delivery.waiting > 1 ? `saving ${delivery.waiting} changes` : "saving"];
  return delivery.state === "saved" ? ["saved", "✓", done] : ["idle", "", ""];
}

const kept = (waiting: number): string => `${plural(waiting, "change is", "changes are")} kept in this page and sent again.`;
