import type { RenderProps } from "@anywidget/types";

import "../shared/theme.css";
import "../shared/frame.css";
import "../shared/transcript.css";
import "../shared/panel.css";
import "../shared/narrow.css";
import "./promoter.css";
import type { Traits } from "./types";
import { View } from "./view";

function render({ model, el, signal }: RenderProps<Traits>): void {
  const view = new View(model, signal);
  el.append(view.root.parentElement ?? view.root);
}

export default { render };
