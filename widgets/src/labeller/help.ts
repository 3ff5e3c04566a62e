import { h, keyName } from "../shared/dom";
import type { Action } from "../shared/keys";

/** The keys, as they are now. */
export function helpCard(actions: readonly Action[], close: () => void): HTMLElement {
  const list = h("dl", { class: "wb-keys" });
  for (const action of actions) {
    if (action.says === "") continue;
    const keys = h("dt", {});
    action.keys.slice(0, 3).forEach((key, index) => {
      if (index > 0) keys.append(" ");
      keys.append(h("kbd", {}, keyName(key)));
    });
    list.append(keys, h("dd", {}, action.says));
  }
  const shut = h("button", { type: "button", class: "wb-clear", "aria-label": "Close the list of keys" }, "×");
  shut.addEventListener("click", close);
  return h(
    "div",
    { class: "wb-help", role: "dialog", "aria-label": "Keys" },
    h("div", { class: "wb-heading" }, h("span", {}, "Keys"), shut),
    list,
    h("p", { class: "wb-hint" }, "In a note, Enter keeps it and Shift+Enter begins a new line; Ctrl+Enter saves and shows the next session. Everything is saved as you say it."),
  );
}
