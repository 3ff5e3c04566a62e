import { h } from "./dom";
import { type Repeat, failed, repeats } from "./loop";
import { type StepHost, drawStep, folds } from "./step";
import type { Payload, Session, Step } from "./session";

const BLOCK = 40;

export interface TranscriptHost {
  chosen(index: number): void;
  mark(index: number, as: "first_failure" | "root_cause"): void;
  more(step: Step, field: Payload): Promise<void>;
}

/**
 * The conversation. Steps are drawn in blocks when they come near the view, so that a session of thousands opens as
 * fast as one of ten.
 */
export class Transcript implements StepHost {
  readonly el = h("div", { class: "wbw-transcript", role: "log", "aria-label": "Conversation", "aria-live": "off" });
  current = 0;
  #steps: readonly Step[] = [];
  #repeats = new Map<number, Repeat>();
  #open = new Set<number>();
  #blocks: HTMLElement[] = [];
  #nodes = new Map<number, HTMLElement>();
  #query = "";
  #first: string | null = null;
  #root: string | null = null;
  #near: IntersectionObserver | null = null;

  constructor(private host: TranscriptHost) {}

  load(session: Session): void {
    this.#near?.disconnect();
    this.#steps = session.steps;
    this.#repeats = repeats(session.steps);
    this.#open.clear();
    this.#nodes.clear();
    this.#blocks = [];
    this.#query = "";
    // a session begins where somebody asks; what the system was told lies folded above
    this.current = Math.max(0, this.#steps.findIndex((step) => step.kind === "user"));
    this.el.replaceChildren();
    this.el.scrollTop = 0;
    for (let from = 0; from < this.#steps.length; from += BLOCK) {
      const block = h("div", { class: "wbw-block" });
      block.style.minHeight = `${this.#steps.slice(from, from + BLOCK).reduce((sum, step) => sum + guess(step), 0)}px`;
      this.#blocks.push(block);
      this.el.append(block);
    }
    if (this.#steps.length === 0) this.el.append(h("p", { class: "wbw-empty" }, "This session holds no steps."));
    this.#draw(0);
    this.#draw(Math.floor(this.current / BLOCK));
    this.#reveal(this.current, "nearest");
    if (typeof IntersectionObserver === "undefined") return;
    const near = new IntersectionObserver(
      (entries) => {
        for (const entry of entries) if (entry.isIntersecting) this.#draw(this.#blocks.indexOf(entry.target as HTMLElement));
      },
      { root: this.el, rootMargin: "800px" },
    );
    this.#blocks.forEach((block) => near.observe(block));
    this.#near = near;
  }

  close(): void {
    this.#near?.disconnect();
  }

  get step(): Step | undefined {
    return this.#steps[this.current];
  }

  query(): string {
    return this.#query;
  }

  more(step: Step, field: Payload): Promise<void> {
    return this.host.more(step, field);
  }

  mark(index: number, as: "first_failure" | "root_cause"): void {
    this.host.mark(index, as);
  }

  choose(index: number): void {
    this.host.chosen(index);
  }

  toggle(index: number): void {
    if (this.#open.has(index)) this.#open.delete(index);
    else this.#open.add(index);
    this.#redraw(index);
    this.host.chosen(index);
  }

  toggleAll(): void {
    const foldable = this.#steps.flatMap((step, index) => (folds(step) ? [index] : []));
    const close = foldable.every((index) => this.#open.has(index));
    this.#open = new Set(close ? [] : foldable);
    for (const index of [...this.#nodes.keys()]) this.#redraw(index);
    this.#reveal(this.current, "nearest");
  }

  /** Make a step the current one and bring it into view. */
  go(index: number, how: "nearest" | "start" = "nearest"): void {
    const before = this.current;
    this.current = Math.max(0, Math.min(index, this.#steps.length - 1));
    this.#draw(Math.floor(this.current / BLOCK));
    if (before !== this.current) this.#redraw(before);
    this.#redraw(this.current);
    this.#reveal(this.current, how);
  }

  scroll(pages: number): void {
    this.el.scrollBy({ top: pages * this.el.clientHeight * 0.85 });
  }

  marks(first: string | null, root: string | null): void {
    const old = [this.#first, this.#root];
    this.#first = first;
    this.#root = root;
    for (const [index] of this.#nodes) {
      const span = this.#steps[index]?.span ?? "";
      if (old.includes(span) || span === first || span === root) this.#redraw(index);
    }
  }

  find(query: string): void {
    if (query === this.#query) return;
    this.#query = query;
    for (const index of [...this.#nodes.keys()]) this.#redraw(index);
  }

  openAt(index: number): void {
    if (folds(this.#steps[index] as Step)) this.#open.add(index);
  }

  /** The next step that failed, after or before the current one. */
  nextError(by: 1 | -1): number | null {
    for (let index = this.current + by; index >= 0 && index < this.#steps.length; index += by) {
      if (failed(this.#steps[index] as Step)) return index;
    }
    return null;
  }

  #reveal(index: number, how: "nearest" | "start"): void {
    const node = this.#nodes.get(index);
    if (node === undefined) return;
    // scrollIntoView would move the notebook as well
    const box = node.getBoundingClientRect();
    const view = this.el.getBoundingClientRect();
    const margin = 48;
    if (how === "start" || box.height > view.height - margin) this.el.scrollTop += box.top - view.top - margin / 2;
    else if (box.top < view.top + margin) this.el.scrollTop += box.top - view.top - margin;
    else if (box.bottom > view.bottom - margin) this.el.scrollTop += box.bottom - view.bottom + margin;
  }

  #draw(number: number): void {
    const block = this.#blocks[number];
    if (block === undefined || block.childElementCount > 0) return;
    const from = number * BLOCK;
    let turn = from === 0 ? null : (this.#steps[from - 1]?.turn ?? null);
    this.#steps.slice(from, from + BLOCK).forEach((step, offset) => {
      if (step.turn !== null && step.turn !== turn) block.append(h("h4", { class: "wbw-turn" }, `Turn ${step.turn}`));
      turn = step.turn;
      const node = this.#make(from + offset);
      this.#nodes.set(from + offset, node);
      block.append(node);
    });
    block.style.minHeight = "";
  }

  #make(index: number): HTMLElement {
    const step = this.#steps[index] as Step;
    return drawStep(this, step, index, this.#repeats.get(step.number), {
      current: index === this.current,
      open: this.#open.has(index),
      first: step.span === this.#first,
      root: step.span === this.#root,
    });
  }

  #redraw(index: number): void {
    const old = this.#nodes.get(index);
    if (old === undefined) return;
    const held = old.contains(document.activeElement) ? document.activeElement : null;
    const node = this.#make(index);
    old.replaceWith(node);
    this.#nodes.set(index, node);
    if (held === null) return;
    const again = [...held.classList].map((name) => node.querySelector<HTMLElement>(`.${name}`)).find((found) => found !== null);
    (again ?? node.closest<HTMLElement>("[tabindex='0']"))?.focus({ preventScroll: true });
  }
}

function guess(step: Step): number {
  if (step.kind === "tool" || step.kind === "retrieval" || step.kind === "system") return 34;
  return 44 + Math.min(30, Math.ceil((step.text?.length ?? 0) / 80)) * 20;
}
