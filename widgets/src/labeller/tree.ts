import { h } from "../shared/dom";
import { visible } from "../shared/text";
import { lasting } from "../shared/loop";
import type { Span } from "./types";

const ROW = 24;
const SPARE = 12;
let made = 0;

export interface TreeHost {
  /** Go to the step of a span; false where the conversation shows none. */
  go(span: string): boolean;
  leave(): void;
}

/** The spans as a tree with their place in time. Only the rows in view exist. */
export class Tree {
  readonly el = h("div", { class: "wbw-tree", role: "tree", tabindex: 0, "aria-label": "Spans" });
  #inner = h("div", { class: "wbw-outline-rows", role: "presentation" });
  #spans: readonly Span[] = [];
  #shut = new Set<number>();
  #shown: number[] = [];
  #at = 0;
  /** How long the trace of each span took: a pause of the user between two traces is no part of either. */
  #whole: number[] = [];
  #id = `wbw-tree-${(made += 1)}`;

  constructor(private host: TreeHost) {
    this.el.append(this.#inner);
    this.el.addEventListener("scroll", () => this.#draw(), { passive: true });
    this.el.addEventListener("keydown", (event) => this.#key(event));
    this.#inner.addEventListener("click", (event) => {
      const target = event.target as Element;
      const row = target.closest<HTMLElement>("[data-place]");
      if (row === null) return;
      this.#at = Number(row.dataset["place"]);
      if (target.closest(".wbw-caret") !== null) this.#fold(!this.#shut.has(this.#index));
      else this.#go();
      this.el.focus({ preventScroll: true });
    });
  }

  load(spans: readonly Span[]): void {
    this.#spans = spans;
    this.#shut.clear();
    this.#at = 0;
    this.#whole = [];
    for (let from = 0; from < spans.length; ) {
      let to = from;
      let whole = 0.001;
      do {
        whole = Math.max(whole, (spans[to]?.start ?? 0) + (spans[to]?.seconds ?? 0));
        to += 1;
      } while (to < spans.length && spans[to]?.depth !== 0);
      while (from < to) this.#whole[from++] = whole;
    }
    this.el.scrollTop = 0;
    this.#list();
  }

  /** Show where the reader is. */
  at(span: string): void {
    const place = this.#shown.findIndex((index) => this.#spans[index]?.span === span);
    if (place >= 0) this.#move(place);
  }

  get #index(): number {
    return this.#shown[this.#at] ?? 0;
  }

  #list(): void {
    this.#shown = [];
    let hidden = Infinity;
    this.#spans.forEach((span, index) => {
      if (span.depth > hidden) return;
      hidden = this.#shut.has(index) ? span.depth : Infinity;
      this.#shown.push(index);
    });
    this.#inner.style.height = `${this.#shown.length * ROW}px`;
    this.#draw();
  }

  #fold(shut: boolean): void {
    const index = this.#index;
    if ((this.#spans[index]?.kids ?? 0) === 0) return;
    if (shut) this.#shut.add(index);
    else this.#shut.delete(index);
    this.#list();
  }

  #move(place: number): void {
    this.#at = Math.max(0, Math.min(place, this.#shown.length - 1));
    const top = this.#at * ROW;
    if (top < this.el.scrollTop) this.el.scrollTop = top;
    else if (top > this.el.scrollTop + this.el.clientHeight - ROW) this.el.scrollTop = top - this.el.clientHeight + ROW;
    this.#draw();
  }

  /** The step of the span, or of the first one inside it that has one. */
  #go(): void {
    const from = this.#index;
    const depth = this.#spans[from]?.depth ?? 0;
    for (let index = from; index < this.#spans.length; index++) {
      const span = this.#spans[index] as Span;
      if (index > from && span.depth <= depth) break;
      if (this.host.go(span.span)) break;
    }
    this.#draw();
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const span = this.#spans[this.#index];
    const page = Math.max(1, Math.floor(this.el.clientHeight / ROW) - 1);
    const does: Record<string, () => void> = {
      ArrowDown: () => this.#move(this.#at + 1),
      ArrowUp: () => this.#move(this.#at - 1),
      PageDown: () => this.#move(this.#at + page),
      PageUp: () => this.#move(this.#at - page),
      Home: () => this.#move(0),
      End: () => this.#move(this.#shown.length - 1),
      ArrowRight: () => (this.#shut.has(this.#index) ? this.#fold(false) : this.#move(this.#at + 1)),
      ArrowLeft: () => {
        if ((span?.kids ?? 0) > 0 && !this.#shut.has(this.#index)) this.#fold(true);
        else {
          for (let place = this.#at - 1; place >= 0; place--) {
            if ((this.#spans[this.#shown[place] as number]?.depth ?? 0) < (span?.depth ?? 0)) {
              this.#move(place);
              break;
            }
          }
        }
      },
      Enter: () => this.#go(),
      " ": () => this.#go(),
      Escape: () => this.host.leave(),
    };
    const act = does[event.key];
    if (act === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  #draw(): void {
    const from = Math.max(0, Math.floor(this.el.scrollTop / ROW) - SPARE);
    const to = Math.min(this.#shown.length, Math.ceil((this.el.scrollTop + (this.el.clientHeight || 600)) / ROW) + SPARE);
    const rows: HTMLElement[] = [];
    for (let place = from; place < to; place++) rows.push(this.#row(place));
    this.#inner.replaceChildren(...rows);
    this.el.setAttribute("aria-activedescendant", `${this.#id}-${this.#at}`);
  }

  #row(place: number): HTMLElement {
    const index = this.#shown[place] as number;
    const span = this.#spans[index] as Span;
    const shut = this.#shut.has(index);
    const took = span.seconds === null ? "" : lasting(span.seconds);
    const lane = h("span", { class: "wbw-lane", "aria-hidden": "true" });
    if (span.start !== null) {
      const whole = this.#whole[index] ?? 1;
      const bar = h("span", {});
      bar.style.left = `${Math.min(98, (span.start / whole) * 100)}%`;
      bar.style.width = `${Math.max(2, ((span.seconds ?? 0) / whole) * 100)}%`;
      lane.append(bar);
    }
    const row = h(
      "div",
      {
        class: `wbw-outline-row${span.failed ? " wbw-failed" : ""}${place === this.#at ? " wbw-current" : ""}`,
        id: `${this.#id}-${place}`,
        role: "treeitem",
        "data-place": place,
        "aria-level": span.depth + 1,
        "aria-selected": place === this.#at ? "true" : "false",
        "aria-expanded": span.kids === 0 ? undefined : shut ? "false" : "true",
        "aria-label": `${visible(span.name)}${span.failed ? ", error" : ""}${took === "" ? "" : `, ${took}`}`,
        title: `${visible(span.name)} (${visible(span.kind)}${took === "" ? "" : `, ${took}`})`,
      },
      h("span", { class: "wbw-caret", "aria-hidden": "true" }, span.kids === 0 ? "" : shut ? "▸" : "▾"),
      h("span", { class: "wbw-gist" }, `${span.failed ? "✕ " : ""}${visible(span.name)}`),
      h("span", { class: "wbw-seconds" }, took),
      lane,
    );
    row.style.top = `${place * ROW}px`;
    row.style.paddingLeft = `${4 + Math.min(span.depth, 12) * 11}px`;
    return row;
  }
}
