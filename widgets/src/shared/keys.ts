import { isField } from "./dom";

export interface Action {
  keys: readonly string[];
  says: string;
  run: () => void;
  /** Go on while the key is held: for moving about, never for saying something. */
  repeats?: boolean;
}

/**
 * One handler at the root: a plain key pressed inside never reaches the notebook, where `x` would cut the cell.
 * Combinations pass through (Ctrl+S still saves the notebook) but those that an action claims, such as "Ctrl+z".
 */
export function bindKeys(root: HTMLElement, actions: readonly Action[], signal: AbortSignal): void {
  const byKey = new Map<string, Action>();
  for (const action of actions) for (const key of action.keys) byKey.set(key, action);
  root.addEventListener(
    "keydown",
    (event) => {
      const combined = event.ctrlKey || event.metaKey || event.altKey;
      const action = byKey.get(keyOf(event));
      if (combined && (action === undefined || isField(event.target))) return;
      event.stopPropagation();
      if (isField(event.target) || event.isComposing || action === undefined) return;
      // a button with the focus keeps the keys that press it
      if ((event.key === "Enter" || event.key === " ") && event.target instanceof HTMLElement && event.target.closest("button, summary, [role=option]")) return;
      event.preventDefault();
      if (!event.repeat || action.repeats === true) action.run();
    },
    { signal },
  );
  for (const name of ["keypress", "keyup"] as const) {
    root.addEventListener(name, (event) => {
      if (!(event.ctrlKey || event.metaKey || event.altKey)) event.stopPropagation();
    }, { signal });
  }
}

/** The key as actions name it: the letter whatever Caps Lock or a non-Latin layout makes of it. */
export function keyOf(event: KeyboardEvent): string {
  let key = event.key;
  const letter = /^Key([A-Z])$/.exec(event.code)?.[1];
  if (letter !== undefined && key.length === 1 && key > "\u007f") key = event.shiftKey ? letter : letter.toLowerCase();
  if (key.length === 1 && /[A-Z]/.test(key) && !event.shiftKey) key = key.toLowerCase();
  if (event.ctrlKey || event.metaKey) return `Ctrl+${key.toLowerCase()}`;
  return event.altKey ? `Alt+${key}` : key;
}
