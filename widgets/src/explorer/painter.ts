import { fill, h } from "../shared/dom";
import type { Link } from "../shared/link";
import { visible } from "../shared/text";
import { type Colouring, type Marks, colouringOf, columnMarks } from "./colours";
import { Legend } from "./legend";

export interface PainterHost {
  paint(marks: Marks | null): void;
  dark(): boolean;
  /** A column was chosen by hand. */
  chosen(column: string): void;
  /** The sessions of an entry of the legend are to be lit; none: of no entry. */
  lit(rows: Int32Array): void;
  failed(why: string): void;
  leave(): void;
}

/** By what the points are coloured, and which entry of the legend is lit. */
export class Painter {
  readonly chooser: HTMLElement;
  readonly legend = new Legend((entry) => this.#light(entry === this.#entry ? null : entry));
  #select = h("select", { class: "wbw-field wbw-by" });
  #colouring: Colouring | null = null;
  #entry: number | null = null;
  #wanted = "mode";

  constructor(columns: readonly string[], private link: Link, private host: PainterHost, signal: AbortSignal) {
    fill(this.#select, h("option", { value: "mode" }, "mode"), ...columns.map((name) => h("option", { value: name }, visible(name))));
    this.#select.addEventListener("change", () => this.host.chosen(this.#select.value));
    this.#select.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== "Escape") return;
      event.preventDefault();
      event.stopPropagation();
      this.host.leave();
    });
    this.chooser = h("label", { class: "wbw-by-label", hidden: columns.length === 0 }, "Colour by ", this.#select);
    this.#followTheme(signal);
  }

  focus(): void {
    this.#select.focus({ preventScroll: true });
  }

  /** Whether colours are something else than modes. */
  get byColumn(): boolean {
    return this.#colouring !== null;
  }

  /** What is lit: "cost 0.1 to 1"; empty: no entry. */
  get lit(): string {
    return this.#entry === null || this.#colouring === null ? "" : `${this.#colouring.column} ${this.#colouring.entries[this.#entry]?.name ?? ""}`;
  }

  /** What the colour of a point says; empty where colours are modes. */
  said(row: number): string {
    return this.#colouring === null ? "" : `${this.#colouring.column}: ${this.#colouring.entries[this.#colouring.which[row] ?? -1]?.name ?? ""}`;
  }

  /** Colour the points by a column, which the kernel sends when it is first wanted. */
  async by(column: string): Promise<void> {
    this.#select.value = this.#wanted = column;
    if (column === (this.#colouring?.column ?? "mode")) return;
    try {
      const made = column === "mode" ? null : colouringOf(column, await this.link.ask({ kind: "colour", column }));
      if (this.#wanted !== column) return;
      this.#colouring = made;
      if (this.#entry !== null) this.#light(null);
      this.draw();
    } catch (error) {
      this.#select.value = this.#colouring?.column ?? "mode";
      this.host.failed(`the map cannot be coloured by ${visible(column)}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** Light the next entry that has sessions, or the previous one. */
  step(by: number): void {
    const places = (this.#colouring?.entries ?? []).flatMap((entry, place) => (entry.count > 0 ? [place] : []));
    if (places.length === 0) return;
    const at = this.#entry === null ? (by > 0 ? -1 : places.length) : places.indexOf(this.#entry);
    this.#light(places[Math.max(0, Math.min(places.length - 1, at + by))] ?? null);
  }

  /** Something else was selected. */
  unlight(): void {
    if (this.#entry === null) return;
    this.#entry = null;
    this.#legend();
  }

  draw(): void {
    this.host.paint(this.#colouring === null ? null : columnMarks(this.#colouring, this.host.dark()));
    this.#legend();
  }

  #light(entry: number | null): void {
    const rows: number[] = [];
    if (entry !== null) this.#colouring?.which.forEach((each, row) => each === entry && rows.push(row));
    this.#entry = entry;
    this.#legend();
    this.host.lit(Int32Array.from(rows));
  }

  #legend(): void {
    this.legend.show(this.#colouring, this.#entry, this.host.dark());
  }

  /** JupyterLab changes its theme under an open notebook; what is drawn, and not styled, has to follow. */
  #followTheme(signal: AbortSignal): void {
    const observer = new MutationObserver(() => this.draw());
    observer.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light", "data-jp-theme-name"] });
    signal.addEventListener("abort", () => observer.disconnect());
    if (typeof matchMedia === "function") matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw(), { signal });
  }
}
