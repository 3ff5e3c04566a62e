import { h } from "./dom";
import { indented } from "./json";
import { count, occurrences, plural, shown } from "./text";
import type { Payload, Step } from "./session";

const FIRST = 2_000;
const FURTHER = 20_000;

// how far each text was opened: it stays open when its step is drawn anew
const opened = new WeakMap<Step, Partial<Record<Payload, number>>>();

export interface PayloadHost {
  query(): string;
  /** The next part of a field that the kernel holds back. */
  more(step: Step, field: Payload): Promise<void>;
}

/** One text of a step: trimmed with what was cut, and opened bit by bit. */
export function payload(host: PayloadHost, step: Step, field: Payload, options: { name?: string; code?: boolean } = {}): HTMLElement {
  const box = h("div", { class: `wbw-payload${options.code === true ? " wbw-code" : ""}` });
  const open = (limit: number): void => {
    opened.set(step, { ...opened.get(step), [field]: limit });
    const held = box.contains(document.activeElement);
    draw();
    if (held) box.querySelector("button")?.focus({ preventScroll: true });
  };
  const draw = (): void => {
    const raw = step[field] ?? "";
    const whole = options.code === true ? indented(raw) : raw;
    const query = host.query();
    const limit = opened.get(step)?.[field] ?? FIRST;
    const last = query === "" ? undefined : occurrences(whole, query).at(-1);
    const end = Math.max(limit, last === undefined ? 0 : last + query.length + 200);
    // half a character at the cut would show as a broken one
    const cut = end < whole.length && /[\ud800-\udbff]/.test(whole[end - 1] ?? "") ? end - 1 : end;
    const text = h("div", { class: "wbw-text", dir: "auto" });
    text.append(shown(whole.slice(0, cut), query));
    box.replaceChildren();
    if (options.name !== undefined) box.append(h("div", { class: "wbw-payload-name" }, options.name));
    box.append(text);
    const here = Math.max(0, whole.length - cut);
    const there = step.more?.[field] ?? 0;
    if (here + there > 0) box.append(rest(here, there));
    const lost = step.cuts?.[field] ?? 0;
    if (lost > 0) box.append(h("p", { class: "wbw-cut" }, `✂ ${plural(lost, "character")} were left out when this evidence was made`));
  };
  const rest = (here: number, there: number): HTMLElement => {
    const button = h("button", { type: "button", class: "wbw-link" }, `Show more — ${plural(here + there, "character")} not shown`);
    button.addEventListener("click", () => {
      if (here > 0) {
        open((opened.get(step)?.[field] ?? FIRST) + FURTHER);
        return;
      }
      button.textContent = "Fetching…";
      host.more(step, field).then(
        () => open((step[field] ?? "").length + FURTHER),
        (error: unknown) => {
          button.textContent = `Not fetched: ${error instanceof Error ? error.message : String(error)} — try again`;
        },
      );
    });
    return h("p", { class: "wbw-cut" }, "✂ ", button);
  };
  draw();
  return box;
}

export const size = (step: Step, field: Payload): string => {
  const characters = (step[field] ?? "").length + (step.more?.[field] ?? 0);
  return characters > FIRST ? `${count(characters)} characters` : "";
};
