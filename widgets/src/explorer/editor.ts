import { button, fill, h } from "../shared/dom";
import { Completion } from "../shared/completion";

/** The line in which a name is typed: a new one for a mode, or that of the mode that takes the sessions. */
export class Editor {
  readonly el = h("div", { class: "wbw-editor", hidden: true });

  constructor(private done: () => void) {}

  get opened(): boolean {
    return !this.el.hidden;
  }

  rename(name: string, say: (name: string) => void): void {
    const field = h("input", { class: "wbw-field", type: "text", "aria-label": "New name", autocomplete: "off", spellcheck: "true" });
    field.value = name;
    field.addEventListener("keydown", (event) => {
      if (event.isComposing || (event.key !== "Enter" && event.key !== "Escape")) return;
      event.preventDefault();
      event.stopPropagation();
      const given = field.value.trim();
      this.close();
      if (event.key === "Enter" && given !== "" && given !== name) say(given);
    });
    this.#open("New name", field, "Enter renames, Escape leaves it");
    field.select();
  }

  pick(what: string, known: readonly string[], hint: string, say: (name: string) => void): void {
    const completion = new Completion(what, () => known, (name) => name !== null && say(name), () => this.close());
    this.#open(what, completion.input, hint, completion.el);
  }

  /** Say what can be done and let one of it be chosen; the first has the focus. */
  choose(what: string, choices: readonly { name: string; run: () => void }[]): void {
    const buttons = choices.map(({ name, run }) =>
      button(name, () => {
        this.close();
        run();
      }, { class: "wbw-choice" }),
    );
    const first = buttons[0];
    if (first !== undefined) this.#open(what, first, "Enter does it, Tab goes to the next, Escape leaves it", h("div", { class: "wbw-choices" }, ...buttons));
  }

  close(): void {
    if (this.el.hidden) return;
    // the focus leaves before the field goes, or it would fall to the notebook
    this.done();
    this.el.hidden = true;
    fill(this.el);
  }

  #open(what: string, field: HTMLElement, hint: string, box: HTMLElement = field): void {
    fill(this.el, h("div", { class: "wbw-heading" }, h("span", {}, what)), box, h("p", { class: "wbw-hint" }, hint));
    this.el.hidden = false;
    field.focus({ preventScroll: true });
  }
}
