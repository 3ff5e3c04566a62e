const PAUSE = 1500;

export interface TypedHost {
  leaveField(): void;
  saveAndNext(): void;
}

/**
 * A text field that hands over what is typed: after a pause, when it is left, and by Enter. Shift+Enter begins a new
 * line; in a field of several lines (`lines`) Enter does, and Ctrl+Enter keeps.
 */
export class Typed {
  #pause: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly field: HTMLTextAreaElement | HTMLInputElement, private keep: () => void, host: TypedHost, lines: boolean, signal: AbortSignal) {
    field.addEventListener("input", () => {
      clearTimeout(this.#pause);
      this.#pause = setTimeout(keep, PAUSE);
    });
    field.addEventListener("blur", keep);
    const pressed = (event: KeyboardEvent): void => {
      if (event.isComposing) return;
      const combined = event.ctrlKey || event.metaKey;
      if (event.key === "Escape" || (event.key === "Enter" && !event.shiftKey && (combined || !lines))) {
        event.preventDefault();
        event.stopPropagation();
        this.commit();
        host.leaveField();
        if (combined) host.saveAndNext();
      }
    };
    (field as HTMLElement).addEventListener("keydown", pressed);
    signal.addEventListener("abort", () => clearTimeout(this.#pause));
  }

  get typing(): boolean {
    return document.activeElement === this.field;
  }

  /** Hand over what was typed and not yet said. */
  commit(): void {
    clearTimeout(this.#pause);
    if (this.typing) this.keep();
  }

  /** Show a value; what is being typed stays, but for another session. */
  show(value: string, other: boolean): void {
    if (other) clearTimeout(this.#pause);
    if (other || !this.typing) this.field.value = value;
  }
}
