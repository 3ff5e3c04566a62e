/** Elements from plain data. Text only ever becomes text nodes: nothing here parses markup. */
export type Child = Node | string | null | undefined | false;
type Props = Record<string, string | number | boolean | undefined | EventListener>;

/** `h("button", { class: "x", onclick: go }, "Go")`; `false` and `undefined` leave an attribute out, `true` sets it empty. */
export function h<K extends keyof HTMLElementTagNameMap>(tag: K, props: Props = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === "function") node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== undefined) node.setAttribute(name, String(value));
  }
  append(node, children);
  return node;
}

export function append(node: Node, children: Child[]): void {
  for (const child of children) {
    if (child !== null && child !== undefined && child !== false) node.appendChild(typeof child === "string" ? document.createTextNode(child) : child);
  }
}

export function fill(node: Element, ...children: Child[]): void {
  node.replaceChildren();
  append(node, children);
}

/** A real button with a name; `key` is the letter that does the same. */
export function button(name: string, act: () => void, options: { key?: string; class?: string; title?: string } = {}): HTMLButtonElement {
  return h(
    "button",
    { type: "button", class: `wbw-button ${options.class ?? ""}`, title: options.title, "aria-keyshortcuts": options.key || undefined, onclick: () => act() },
    h("span", {}, name),
    options.key !== undefined && options.key !== "" && h("kbd", { "aria-hidden": "true" }, keyName(options.key)),
  );
}

export function keyName(key: string): string {
  const names: Record<string, string> = { Enter: "⏎", Escape: "Esc", ArrowDown: "↓", ArrowUp: "↑", ArrowLeft: "←", ArrowRight: "→", " ": "Space" };
  return names[key] ?? key;
}

export function isField(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("input, textarea, select, [contenteditable]");
}

/** Give a field the focus, and bring it into view inside the box that scrolls; the page around stays where it is. */
export function focusIn(box: HTMLElement, field: HTMLElement): void {
  field.focus({ preventScroll: true });
  const [outer, inner] = [box.getBoundingClientRect(), field.getBoundingClientRect()];
  if (inner.bottom > outer.bottom) box.scrollTop += inner.bottom - outer.bottom + 12;
  else if (inner.top < outer.top) box.scrollTop -= outer.top - inner.top + 40; // with its heading
}
