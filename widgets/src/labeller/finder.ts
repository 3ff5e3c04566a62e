import { h } from "../shared/dom";
import { plural } from "../shared/text";
import { search } from "../shared/loop";
import type { Step } from "../shared/session";

export interface FinderHost {
  steps(): readonly Step[];
  go(index: number): void;
  show(query: string, hits: number[]): void;
  /** Go to a session; what was wrong, or null. */
  jump(where: string): string | null;
  done(): void;
}

/** The line that is typed into: search in this session, or go to another by number or id. */
export class Finder {
  readonly el: HTMLElement;
  opened: "search" | "jump" | null = null;
  #input = h("input", { class: "wbw-field", type: "text", autocomplete: "off", spellcheck: "false" });
  #says = h("span", { class: "wbw-finder-says", role: "status" });
  #hits: { index: number; hits: number }[] = [];
  #at = -1;

  constructor(private host: FinderHost) {
    const shut = h("button", { type: "button", class: "wbw-clear", "aria-label": "Close the search", onclick: () => this.close(true) }, "×");
    this.el = h("div", { class: "wbw-finder", role: "search", hidden: true }, this.#input, this.#says, shut);
    this.#input.addEventListener("input", () => this.opened === "search" && this.#search());
    this.#input.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      if (event.key === "Escape") this.close(true);
      else if (event.key !== "Enter") return;
      else if (this.opened === "search") this.next(event.shiftKey ? -1 : 1);
      else this.#jump();
      event.preventDefault();
    });
  }

  open(what: "search" | "jump"): void {
    this.opened = what;
    this.el.hidden = false;
    this.#says.textContent = "";
    this.#input.placeholder = what === "search" ? "Search in this session" : "Go to: number or session id";
    this.#input.setAttribute("aria-label", this.#input.placeholder);
    if (what === "jump") this.#input.value = "";
    this.#input.focus({ preventScroll: true });
    this.#input.select();
  }

  close(focus = false): void {
    if (this.opened === null) return;
    this.opened = null;
    this.#hits = [];
    this.#at = -1;
    this.#input.value = "";
    // the focus leaves before the field goes, or it would fall to the notebook
    if (focus || this.el.contains(document.activeElement)) this.host.done();
    this.el.hidden = true;
    this.host.show("", []);
  }

  next(by: 1 | -1): void {
    if (this.opened !== "search" || this.#hits.length === 0) return;
    this.#at = (this.#at + by + this.#hits.length) % this.#hits.length;
    const field = document.activeElement === this.#input;
    this.host.go(this.#hits[this.#at]?.index ?? 0);
    if (field) this.#input.focus({ preventScroll: true });
    this.#count();
  }

  #search(): void {
    const query = this.#input.value.trim();
    this.#hits = search(this.host.steps(), query);
    this.#at = -1;
    this.host.show(query, this.#hits.map((hit) => hit.index));
    this.#count();
  }

  #count(): void {
    const total = this.#hits.reduce((sum, hit) => sum + hit.hits, 0);
    const partly = this.host.steps().some((step) => step.more !== undefined && Object.values(step.more).some((left) => left > 0));
    const where = this.#at >= 0 ? `step ${this.#at + 1} of ${this.#hits.length}` : `in ${plural(this.#hits.length, "step")}`;
    const found = total === 0 ? "not found" : `${plural(total, "time")}, ${where}; Enter for the next`;
    this.#says.textContent = this.#input.value.trim() === "" ? "" : `${found}${partly ? " (what is trimmed is not searched)" : ""}`;
  }

  #jump(): void {
    const problem = this.host.jump(this.#input.value.trim());
    if (problem === null) this.close(true);
    else this.#says.textContent = problem;
  }
}

/** The place in a queue that a reader means by a number (from 1), an id or a part of one; -1 where there is none. */
export function placeOf(ids: readonly string[], where: string): number {
  const exact = ids.indexOf(where);
  if (exact >= 0) return exact;
  const number = /^\d+$/.test(where) ? Number(where) - 1 : -1;
  return ids[number] !== undefined ? number : ids.findIndex((id) => id.includes(where));
}
