import { fill, h } from "../shared/dom";
import { count, plural, visible } from "../shared/text";
import { swatch } from "./marks";
import type { Mode } from "./types";

const PAGE = 200;

/** The modes with their size and share; one of them is the current one. */
export class ModeList {
  readonly el = h("ul", { class: "wbw-modes", "aria-label": "Modes" });

  constructor(private choose: (mode: number) => void) {
    this.el.addEventListener("click", (event) => {
      const row = (event.target as Element).closest<HTMLElement>("[data-mode]");
      if (row !== null) this.choose(Number(row.dataset["mode"]));
    });
  }

  show(modes: readonly Mode[], current: number | null): void {
    const held = this.el.contains(document.activeElement);
    const most = Math.max(1, ...modes.map((mode) => mode.size));
    fill(this.el, ...modes.map((mode) => this.#row(mode, mode.number === current, most)));
    const now = this.el.querySelector<HTMLElement>("[aria-pressed='true']") ?? this.el.querySelector<HTMLElement>("button");
    if (now === null) return;
    now.tabIndex = 0;
    if (held) now.focus({ preventScroll: true });
    const row = now.parentElement as HTMLElement;
    if (row.offsetTop < this.el.scrollTop) this.el.scrollTop = row.offsetTop;
    else if (row.offsetTop + row.offsetHeight > this.el.scrollTop + this.el.clientHeight) this.el.scrollTop = row.offsetTop + row.offsetHeight - this.el.clientHeight;
  }

  #row(mode: Mode, current: boolean, most: number): HTMLElement {
    const bar = h("span", {});
    bar.style.width = `${(mode.size / most) * 100}%`;
    return h(
      "li",
      {},
      h(
        "button",
        { type: "button", class: `wbw-mode${mode.retired ? " wbw-retired" : ""}`, "data-mode": mode.number, "aria-pressed": current ? "true" : "false", tabindex: -1, title: visible(mode.name) },
        swatch(mode.number),
        h("span", { class: "wbw-mode-name", dir: "auto" }, visible(mode.name)),
        mode.retired && h("span", { class: "wbw-chip" }, "not a failure"),
        h("span", { class: "wbw-mode-size" }, count(mode.size)),
        h("span", { class: "wbw-mode-share" }, `${(mode.share * 100).toFixed(1)}%`),
        h("span", { class: "wbw-mode-bar", "aria-hidden": "true" }, bar),
      ),
    );
  }
}

/** The sessions that are looked at: of a mode, or drawn around on the map. */
export class SessionList {
  readonly el = h("div", { class: "wbw-sessions" });
  rows: ArrayLike<number> = [];
  #what = h("div", { class: "wbw-heading" });
  #list = h("ul", { class: "wbw-session-lines", "aria-label": "Sessions" });
  #shown = 0;
  #picked: ReadonlySet<number> = new Set();
  #more = h("button", { type: "button", class: "wbw-link", hidden: true });

  constructor(private line: (row: number) => string, private open: (row: number) => void, private pick: (row: number) => void) {
    this.#more.addEventListener("click", () => this.#grow());
    this.#list.addEventListener("click", (event) => {
      const button = (event.target as Element).closest<HTMLElement>("[data-row]");
      if (button === null) return;
      if (event.ctrlKey || event.metaKey || event.shiftKey) this.pick(Number(button.dataset["row"]));
      else this.open(Number(button.dataset["row"]));
    });
    this.el.append(this.#what, this.#list, this.#more);
  }

  /** Mark the lines of sessions that were picked. */
  mark(picked: ReadonlySet<number>): void {
    this.#picked = picked;
    for (const line of this.#list.querySelectorAll<HTMLElement>("[data-row]")) this.#marked(line);
  }

  #marked(line: HTMLElement): void {
    const picked = this.#picked.has(Number(line.dataset["row"]));
    line.classList.toggle("wbw-picked", picked);
    if (picked) line.setAttribute("aria-description", "picked");
    else line.removeAttribute("aria-description");
  }

  show(rows: ArrayLike<number>, what: string): void {
    this.rows = rows;
    this.#shown = 0;
    fill(this.#what, h("span", {}, what));
    fill(this.#list);
    this.#list.scrollTop = 0;
    this.#grow();
  }

  #grow(): void {
    for (const end = Math.min(this.rows.length, this.#shown + PAGE); this.#shown < end; this.#shown++) {
      const row = this.rows[this.#shown] as number;
      const line = h("button", { type: "button", class: "wbw-session-line", "data-row": row, dir: "auto" }, visible(this.line(row)));
      this.#marked(line);
      this.#list.append(h("li", {}, line));
    }
    const left = this.rows.length - this.#shown;
    this.#more.hidden = left <= 0;
    this.#more.textContent = `Show more — ${plural(left, "session")} not listed`;
  }
}
