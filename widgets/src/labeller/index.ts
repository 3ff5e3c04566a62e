import type { RenderProps } from "@anywidget/types";

import "../shared/theme.css";
import "../shared/frame.css";
import "../shared/transcript.css";
import "../shared/panel.css";
import "../shared/narrow.css";
import "./desk.css";
import { visible } from "../shared/text";
import type { Traits } from "./types";
import { View } from "./view";

function render({ model, el, signal }: RenderProps<Traits>): void {
  const view = new View(model, signal);
  el.append(view.root.parentElement ?? view.root);
  if (!model.get("page")) return;
  document.title = [model.get("title"), model.get("reviewer")].filter((part) => part !== "").map(visible).join(" · ");
  const wake = (): void => {
    if (view.root.isConnected) view.root.focus({ preventScroll: true }); // nothing else on the page waits for keys
    else if (!signal.aborted) requestAnimationFrame(wake);
  };
  wake();
}

export default { render };
