import { h, keyName } from "./dom";
import type { Action } from "./keys";

const NOTES = "In a note, Enter keeps it and Shift+Enter begins a new line; Ctrl+Enter saves and shows the next session. Everything is saved as you say it.";

/** The keys, as they are now. */
export function helpCard(actions: readonly Action[], close: () => void, notes = NOTES): HTMLElement {
  const list = h("ul", { class: "wbw-keys" });
  for (const action of actions) {
    if (action.says === "") continue;
    const keys = h("span", { class: "wbw-keys-of" });
    action.keys.slice(0, 3).forEach((key, index) => {
      if (index > 0) keys.append(" ");
      keys.append(h("kbd", {}, keyName(key)));
    });
    list.append(h("li", {}, keys, h("span", {}, action.says)));
  }
  const shut = h("button", { type: "button", class: "wbw-clear", "aria-label": "Close the list of keys" }, "×");
  shut.addEventListener("click", close);
  return h(
    "div",
    { class: "wbw-help", role: "dialog", "aria-label": "Keys" },
    h("div", { class: "wbw-heading" }, h("span", {}, "Keys"), shut),
    list,
    notes !== "" && h("p", { class: "wbw-hint" }, notes),
  );
}
