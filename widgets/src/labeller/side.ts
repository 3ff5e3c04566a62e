import { button, h } from "../shared/dom";
import type { Outline } from "./outline";
import type { Tree } from "./tree";
import type { Span } from "./types";

export interface SideHost {
  key(action: string): string;
  /** The item that is read, and the span where the reader is in it. */
  here(): { id: string; span: string | undefined } | null;
  spans(id: string): Promise<Span[]>;
  problem(text: string): void;
  focus(): void;
  resized(narrow: boolean, wide: boolean): void;
}

/** What stands beside the conversation: the steps, or the tree and timeline of the spans; or nothing. */
export class Side {
  readonly el = h("div", { class: "wbw-side" });
  #shows: "steps" | "spans" = "steps";
  #hidden = false;
  #steps: HTMLButtonElement;
  #spans: HTMLButtonElement;

  constructor(private host: SideHost, private outline: Outline, private tree: Tree, private offered: boolean) {
    this.#steps = button("Steps", () => this.#show("steps"), { class: "wbw-quiet" });
    this.#spans = button("Spans", () => this.#show("spans"), { key: host.key("tree"), class: "wbw-quiet", title: "The tree and timeline of the spans" });
    const bar = h("div", { class: "wbw-side-bar", role: "group", "aria-label": "Beside the conversation", hidden: !offered }, this.#steps, this.#spans);
    this.el.append(bar, outline.el, tree.el);
    this.#draw();
  }

  get showsSpans(): boolean {
    return this.#shows === "spans" && !this.#hidden;
  }

  /** From the steps to the tree and back. */
  turn(): void {
    if (!this.offered) return;
    this.#show(this.showsSpans ? "steps" : "spans");
    if (this.showsSpans) this.tree.el.focus({ preventScroll: true });
    else this.host.focus();
  }

  hide(): void {
    this.#hidden = !this.#hidden;
    if (this.#hidden) this.host.focus();
    this.#draw();
  }

  /** Another session is shown: its tree is fetched when it is looked at. */
  load(): void {
    const here = this.host.here();
    if (!this.showsSpans || here === null) return;
    const same = () => this.host.here()?.id === here.id;
    this.tree.load([]);
    this.host.spans(here.id).then(
      (spans) => {
        if (!same()) return;
        this.tree.load(spans);
        const span = this.host.here()?.span;
        if (span !== undefined) this.tree.at(span);
      },
      (error: unknown) => same() && this.host.problem(`The spans cannot be shown: ${error instanceof Error ? error.message : String(error)}`),
    );
  }

  #show(what: "steps" | "spans"): void {
    this.#shows = what;
    this.#hidden = false;
    this.#draw();
    this.load();
  }

  #draw(): void {
    this.#steps.setAttribute("aria-pressed", String(this.#shows === "steps"));
    this.#spans.setAttribute("aria-pressed", String(this.#shows === "spans"));
    this.outline.el.hidden = this.#shows !== "steps";
    this.tree.el.hidden = this.#shows !== "spans";
    this.el.hidden = this.#hidden;
    this.host.resized(this.#hidden, this.#shows === "spans");
  }
}
