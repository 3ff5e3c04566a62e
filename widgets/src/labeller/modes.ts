import { fill, h } from "../shared/dom";
import { visible } from "../shared/text";
import { Completion } from "../shared/completion";
import type { Label } from "./types";

/** The failure modes of a label beside the first, in order. */
export const othersOf = (label: Label): string[] => (label.other_modes ?? "").split("\n").filter((name) => name !== "");
export const lines = (names: readonly string[]): string | null => (names.length === 0 ? null : names.join("\n"));

export interface ModesHost {
  modes(): readonly string[];
  mode(name: string | null): void;
  also(name: string): void;
  other(name: string, does: "drop" | "lead"): void;
  leaveField(): void;
}

/** The failure modes of a session: what went wrong first, and, once that is named, what else did. */
export class ModeFields {
  readonly el = h("div", { class: "wbw-mode-fields" });
  readonly first: Completion;
  readonly #also: Completion;
  readonly #others = h("ul", { class: "wbw-others", "aria-label": "Further failure modes" });
  #label: Label = { revision: 0 };

  constructor(private host: ModesHost) {
    const lead = (name: string | null): void => {
      host.mode(name);
      this.first.show(this.#label.failure_mode ?? ""); // without a first, the next one leads
    };
    this.first = new Completion("Failure mode", () => host.modes(), lead, () => host.leaveField(), true);
    const free = (): string[] => host.modes().filter((name) => name !== this.#label.failure_mode && !othersOf(this.#label).includes(name));
    const add = (name: string | null): void => {
      this.#also.show("");
      if (name !== null) host.also(name);
    };
    this.#also = new Completion("Further failure mode", free, add, () => host.leaveField(), true);
    this.#also.input.placeholder = "what else went wrong";
    this.el.append(this.first.el, this.#others, this.#also.el);
  }

  /** The field that takes one more mode: the first while there is none. */
  get next(): HTMLInputElement {
    return (this.#label.failure_mode ? this.#also : this.first).input;
  }

  /** Hand over what was typed and not yet said. */
  commit(): void {
    for (const field of [this.first, this.#also]) if (document.activeElement === field.input) field.commit();
  }

  show(label: Label, other: boolean): void {
    this.#label = label;
    if (other || document.activeElement !== this.first.input) this.first.show(label.failure_mode ?? "");
    if (other) this.#also.show("");
    this.#also.el.hidden = !label.failure_mode;
    fill(this.#others, ...othersOf(label).map((name) => this.#other(name)));
  }

  #other(name: string): HTMLElement {
    const lead = h("button", { type: "button", class: "wbw-link", title: "Let this be what went wrong first" }, visible(name));
    lead.addEventListener("click", () => this.host.other(name, "lead"));
    const drop = h("button", { type: "button", class: "wbw-clear", "aria-label": `Take ${visible(name)} away`, title: "Take away" }, "×");
    drop.addEventListener("click", () => this.host.other(name, "drop"));
    return h("li", {}, h("span", { class: "wbw-hint" }, "and "), lead, drop);
  }
}
