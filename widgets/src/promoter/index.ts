import type { RenderProps } from "@anywidget/types";

import "../shared/theme.css";
import "../labeller/frame.css";
import "../labeller/transcript.css";
import "../labeller/panel.css";
import "../labeller/narrow.css";
import "./promoter.css";
import type { Traits } from "./types";
import { View } from "./view";

function render({ model, el, signal }: RenderProps<Traits>): void {
  const view = new View(model, signal);
  el.append(view.root.parentElement ?? view.root);
}

export default { render };
