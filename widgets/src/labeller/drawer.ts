import { fill, h } from "../shared/dom";
import { helpCard } from "../shared/help";
import type { Action } from "../shared/keys";

/** What lies over the page for a while: the keys, a table, the codebook. One at a time; Escape puts it away. */
export class Drawer {
  #open: { what: string; el: HTMLElement } | null = null;

  constructor(private root: () => HTMLElement) {}

  get what(): string | null {
    return this.#open?.what ?? null;
  }

  help(actions: readonly Action[]): void {
    this.#put("help", helpCard(actions, () => this.close()));
  }

  /** Show something under a title; what is returned is filled by the caller. */
  show(what: string, title: string, hint = ""): HTMLElement {
    const shut = h("button", { type: "button", class: "wbw-clear", "aria-label": `Close: ${title}` }, "×");
    shut.addEventListener("click", () => this.close());
    const body = h("div", { class: "wbw-drawer-body" });
    const el = h(
      "div",
      { class: "wbw-help wbw-drawer", role: "dialog", "aria-label": title, tabindex: -1 },
      h("div", { class: "wbw-heading" }, h("span", {}, title), shut),
      hint !== "" && h("p", { class: "wbw-hint" }, hint),
      body,
    );
    el.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.key === "Tab") return;
      event.stopPropagation(); // the keys of the page rest while something lies over it
      if (event.key === "Escape") this.close();
    });
    this.#put(what, el);
    el.focus({ preventScroll: true });
    return body;
  }

  close(): boolean {
    if (this.#open === null) return false;
    this.root().focus({ preventScroll: true });
    this.#open.el.remove();
    this.#open = null;
    return true;
  }

  #put(what: string, el: HTMLElement): void {
    this.#open?.el.remove();
    this.#open = { what, el };
    this.root().append(el);
  }
}

/** Rows of plain values as a table. */
export function tableOf(el: HTMLElement, heads: readonly string[], rows: readonly (readonly (Node | string)[])[]): void {
  fill(
    el,
    h(
      "table",
      { class: "wbw-table" },
      h("thead", {}, h("tr", {}, ...heads.map((head) => h("th", { scope: "col" }, head)))),
      h("tbody", {}, ...rows.map((row) => h("tr", {}, ...row.map((cell) => h("td", {}, cell))))),
    ),
  );
}
