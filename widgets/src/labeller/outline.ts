import { h } from "../shared/dom";
import { GLYPHS, failed, gist, lasting } from "../shared/loop";
import type { Session, Step } from "../shared/session";

const ROW = 24;
const SPARE = 12;

/** The steps at the side: where one is, what failed, what took long. Only the rows in view exist. */
export class Outline {
  readonly el = h("nav", { class: "wbw-outline", "aria-label": "Steps" });
  #inner = h("div", { class: "wbw-outline-rows" });
  #rows: ({ turn: number } | { index: number })[] = [];
  #rowOf: number[] = [];
  #steps: readonly Step[] = [];
  #slowest = 1;
  #current = 0;
  #first: string | null = null;
  #root: string | null = null;
  #hits = new Set<number>();

  constructor(private choose: (index: number) => void) {
    this.el.append(this.#inner);
    this.el.addEventListener("scroll", () => this.#draw(), { passive: true });
    this.#inner.addEventListener("click", (event) => {
      const row = (event.target as Element).closest<HTMLElement>("[data-index]");
      if (row !== null) this.choose(Number(row.dataset["index"]));
    });
  }

  load(session: Session): void {
    this.#steps = session.steps;
    this.#slowest = Math.max(...session.steps.slice(0, 20_000).map((step) => step.seconds ?? 0), 0.001);
    this.#rows = [];
    this.#rowOf = [];
    this.#hits.clear();
    let turn: number | null = null;
    session.steps.forEach((step, index) => {
      if (step.turn !== null && step.turn !== turn) this.#rows.push({ turn: step.turn });
      turn = step.turn;
      this.#rowOf.push(this.#rows.length);
      this.#rows.push({ index });
    });
    this.#inner.style.height = `${this.#rows.length * ROW}px`;
    this.#current = 0;
    this.el.scrollTop = 0;
    this.#draw();
  }

  go(index: number): void {
    this.#current = index;
    const top = (this.#rowOf[index] ?? 0) * ROW;
    const height = this.el.clientHeight;
    if (top < this.el.scrollTop + ROW) this.el.scrollTop = Math.max(0, top - ROW * 3);
    else if (top > this.el.scrollTop + height - ROW * 2) this.el.scrollTop = top - height + ROW * 4;
    this.#draw();
  }

  marks(first: string | null, root: string | null): void {
    this.#first = first;
    this.#root = root;
    this.#draw();
  }

  found(hits: Iterable<number>): void {
    this.#hits = new Set(hits);
    this.#draw();
  }

  #draw(): void {
    const from = Math.max(0, Math.floor(this.el.scrollTop / ROW) - SPARE);
    const to = Math.min(this.#rows.length, Math.ceil((this.el.scrollTop + (this.el.clientHeight || 600)) / ROW) + SPARE);
    const drawn: HTMLElement[] = [];
    for (let place = from; place < to; place++) {
      const row = this.#rows[place];
      if (row === undefined) continue;
      const node = "turn" in row ? h("div", { class: "wbw-outline-turn" }, `Turn ${row.turn}`) : this.#row(row.index);
      node.style.top = `${place * ROW}px`;
      drawn.push(node);
    }
    this.#inner.replaceChildren(...drawn);
  }

  #row(index: number): HTMLElement {
    const step = this.#steps[index] as Step;
    const bad = failed(step);
    const marks = `${step.span === this.#first ? "⚑" : ""}${step.span === this.#root ? "◆" : ""}`;
    const row = h(
      "div",
      {
        class: `wbw-outline-row wbw-${step.kind}${bad ? " wbw-failed" : ""}${index === this.#current ? " wbw-current" : ""}${this.#hits.has(index) ? " wbw-hit" : ""}`,
        "data-index": index,
        "aria-current": index === this.#current ? "step" : undefined,
        title: `${gist(step, 300)}${step.seconds === null ? "" : ` (${lasting(step.seconds)})`}`,
      },
      h("span", { class: "wbw-number" }, String(step.number)),
      h("span", { class: "wbw-glyph" }, bad ? "✕" : GLYPHS[step.kind]),
      h("span", { class: "wbw-gist" }, step.kind === "tool" ? (step.tool_name ?? "tool") : gist(step, 60)),
      marks !== "" && h("span", { class: "wbw-outline-marks" }, marks),
    );
    if (step.seconds !== null) {
      const bar = h("span", {});
      bar.style.width = `${Math.max(4, Math.round((step.seconds / this.#slowest) * 100))}%`;
      row.append(h("span", { class: "wbw-bar", "aria-hidden": "true" }, bar));
    }
    return row;
  }
}
