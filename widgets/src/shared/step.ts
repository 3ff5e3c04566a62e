import { h } from "./dom";
import { shown } from "./text";
import { GLYPHS, type Repeat, WORDS, call, failed, lasting, outcome } from "./loop";
import { type PayloadHost, payload, size } from "./payload";
import type { Step } from "./session";

export interface StepHost extends PayloadHost {
  choose(index: number): void;
  toggle(index: number): void;
  mark(index: number, as: "first_failure" | "root_cause"): void;
}

export interface Flags {
  current: boolean;
  open: boolean;
  first: boolean;
  root: boolean;
}

export const folds = (step: Step): boolean => step.kind === "tool" || step.kind === "retrieval" || step.kind === "system";

/** One step as the reader sees it; drawn anew when its flags change. */
export function drawStep(host: StepHost, step: Step, index: number, repeat: Repeat | undefined, flags: Flags): HTMLElement {
  const bad = failed(step);
  const article = h("article", {
    class: `wbw-step wbw-${step.kind}${bad ? " wbw-failed" : ""}${flags.current ? " wbw-current" : ""}`,
    "data-index": index,
    "aria-current": flags.current ? "step" : undefined,
    "aria-label": `Step ${step.number}, ${bad ? `${WORDS[step.kind]}, error` : WORDS[step.kind]}`,
  });
  article.addEventListener("click", () => {
    if (!flags.current && document.getSelection()?.isCollapsed !== false) host.choose(index);
  });
  article.append(head(host, step, index, repeat, flags), body(host, step, flags));
  return article;
}

function head(host: StepHost, step: Step, index: number, repeat: Repeat | undefined, flags: Flags): HTMLElement {
  const bad = failed(step);
  const line = h("div", { class: "wbw-line" }, h("span", { class: "wbw-number" }, String(step.number)));
  const role = h("span", { class: "wbw-role" }, h("span", { class: "wbw-glyph", "aria-hidden": "true" }, bad ? "✕" : GLYPHS[step.kind]), WORDS[step.kind]);
  if (folds(step)) {
    const toggle = h("button", { type: "button", class: "wbw-fold", "aria-expanded": flags.open ? "true" : "false" });
    toggle.addEventListener("click", (event) => {
      event.stopPropagation();
      host.toggle(index);
    });
    toggle.append(h("span", { class: "wbw-caret", "aria-hidden": "true" }, flags.open ? "▾" : "▸"), role, summary(host, step));
    line.append(toggle);
  } else line.append(role);
  const chips = h("span", { class: "wbw-chips" });
  if (bad) chips.append(h("span", { class: "wbw-chip wbw-chip-bad" }, "✕ error"));
  if (repeat !== undefined) {
    const word = repeat.retry ? "retry of" : "same call as";
    const times = repeat.times > 2 ? ` (call ${repeat.times})` : "";
    chips.append(h("span", { class: "wbw-chip wbw-chip-warn", title: "the same tool with the same arguments" }, `↻ ${word} step ${repeat.of}${times}`));
  }
  if (flags.first) chips.append(h("span", { class: "wbw-chip wbw-chip-mark" }, "⚑ first failure"));
  if (flags.root) chips.append(h("span", { class: "wbw-chip wbw-chip-mark" }, "◆ root cause"));
  if (step.seconds !== null) chips.append(h("span", { class: "wbw-seconds" }, lasting(step.seconds)));
  if (flags.current) chips.append(markers(host, index, flags));
  line.append(chips);
  return line;
}

function summary(host: StepHost, step: Step): HTMLElement {
  const said = h("span", { class: "wbw-summary" });
  if (step.kind === "system") {
    said.append(shown((step.text ?? "").slice(0, 300).replace(/\s+/g, " "), host.query()));
    return said;
  }
  const called = h("span", { class: "wbw-call" });
  called.append(shown(call(step, 110), host.query()));
  said.append(called);
  if (failed(step)) return said; // the error stands below in full
  const came = h("span", { class: "wbw-outcome" });
  came.append(shown(outcome(step, 160), host.query()));
  said.append(h("span", { class: "wbw-arrow", "aria-label": "returned" }, "→"), came);
  return said;
}

function markers(host: StepHost, index: number, flags: Flags): HTMLElement {
  const one = (as: "first_failure" | "root_cause", glyph: string, name: string, on: boolean) => {
    const press = h("button", { type: "button", class: "wbw-marker", "aria-pressed": on ? "true" : "false", title: `${name}: this step`, "aria-label": `${name}: this step` }, glyph);
    press.addEventListener("click", (event) => {
      event.stopPropagation();
      host.mark(index, as);
    });
    return press;
  };
  return h("span", { class: "wbw-markers" }, one("first_failure", "⚑", "First failure", flags.first), one("root_cause", "◆", "Root cause", flags.root));
}

function body(host: StepHost, step: Step, flags: Flags): HTMLElement | string {
  const parts = h("div", { class: "wbw-body" });
  const bad = failed(step);
  if (folds(step) && !flags.open) {
    if (!bad) return "";
    parts.append(payload(host, step, step.error === null ? "text" : "error"));
    parts.firstElementChild?.classList.add("wbw-loud");
    return parts;
  }
  if (step.kind === "tool" || step.kind === "retrieval") {
    if (step.text !== null && step.text !== "") parts.append(payload(host, step, "text", { name: step.kind === "retrieval" ? "query" : "said" }));
    if (step.tool_arguments !== null) parts.append(payload(host, step, "tool_arguments", { name: named("arguments", size(step, "tool_arguments")), code: true }));
    if (step.error !== null) parts.append(loud(payload(host, step, "error", { name: "error" })));
    if (step.tool_result?.trim() === "" && step.error === null) parts.append(h("p", { class: "wbw-cut" }, "the result is empty"));
    else if (step.tool_result !== null && step.tool_result.trim() !== "") {
      const name = step.kind === "retrieval" ? "documents" : "result";
      parts.append(payload(host, step, "tool_result", { name: named(name, size(step, "tool_result")), code: true }));
    } else if (step.error === null) parts.append(h("p", { class: "wbw-cut" }, "no result was recorded"));
    return parts;
  }
  if (step.text !== null && step.text !== "") {
    const said = payload(host, step, "text");
    parts.append(step.kind === "error" ? loud(said) : said);
  } else if (step.error === null) parts.append(h("p", { class: "wbw-cut" }, "(empty)"));
  if (step.error !== null && step.error !== step.text) parts.append(loud(payload(host, step, "error")));
  return parts;
}

const named = (name: string, characters: string): string => (characters === "" ? name : `${name} · ${characters}`);

function loud(node: HTMLElement): HTMLElement {
  node.classList.add("wbw-loud");
  return node;
}
