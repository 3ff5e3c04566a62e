import { members } from "./json";
import { oneLine, plural, visible } from "./text";
import type { Step } from "./session";

/** What reading adds to a step: whether the same call was made before, and how that one ended. */
export interface Repeat {
  of: number;
  times: number;
  retry: boolean;
}

export const WORDS: Record<Step["kind"], string> = {
  system: "System", user: "User", assistant: "Assistant", tool: "Tool", retrieval: "Retrieval", error: "Error",
};
export const GLYPHS: Record<Step["kind"], string> = {
  system: "§", user: "◯", assistant: "●", tool: "▸", retrieval: "≡", error: "✕",
};

export const failed = (step: Step): boolean => step.kind === "error" || (step.error !== null && step.error !== "");

/** Calls with the same tool and arguments as an earlier one of the session, by step number. */
export function repeats(steps: readonly Step[]): Map<number, Repeat> {
  const seen = new Map<string, { first: number; times: number; failed: boolean }>();
  const found = new Map<number, Repeat>();
  for (const step of steps) {
    if (step.kind !== "tool" && step.kind !== "retrieval") continue;
    const key = `${step.kind}\0${step.tool_name}\0${canonical(step.tool_arguments ?? step.text ?? "")}`;
    const before = seen.get(key);
    if (before === undefined) seen.set(key, { first: step.number, times: 1, failed: failed(step) });
    else {
      before.times += 1;
      found.set(step.number, { of: before.first, times: before.times, retry: before.failed });
      before.failed = failed(step);
    }
  }
  return found;
}

function canonical(text: string): string {
  const parts = members(text);
  return parts === null ? text.trim() : parts.map(([key, value]) => `${key}:${value}`).sort().join(",");
}

/** `name(order_id: "#W12", reason: "late")`: a call on one line. */
export function call(step: Step, limit: number): string {
  const name = visible(step.tool_name ?? (step.kind === "retrieval" ? "retrieve" : "tool"));
  const given = step.tool_arguments ?? (step.kind === "retrieval" ? step.text : null) ?? "";
  const parts = members(given);
  const inside = parts === null ? given : parts.map(([key, value]) => `${key}: ${value}`).join(", ");
  return `${name}(${oneLine(inside, limit)})`;
}

/** What came back, on one line. */
export function outcome(step: Step, limit: number): string {
  if (failed(step)) return oneLine(step.error ?? step.text ?? "", limit);
  if (step.tool_result === null) return "no result recorded";
  return step.tool_result.trim() === "" ? "empty result" : oneLine(step.tool_result, limit);
}

export function gist(step: Step, limit: number): string {
  if (step.kind === "tool" || step.kind === "retrieval") return call(step, limit);
  return oneLine(step.text ?? step.error ?? "", limit) || "(empty)";
}

export function lasting(seconds: number | null): string {
  if (seconds === null) return "";
  if (seconds < 0.0995) return `${(seconds * 1000).toFixed(0)} ms`;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  return seconds < 90 ? `${seconds.toFixed(0)} s` : `${(seconds / 60).toFixed(1)} min`;
}

/** One step said aloud. */
export function spoken(step: Step, total: number): string {
  const what = failed(step) ? `${WORDS[step.kind]}, error` : WORDS[step.kind];
  return `Step ${step.number} of ${total}, ${what}: ${gist(step, 160)}`;
}

/** Where `query` occurs in a session: the steps, in order, and how often. */
export function search(steps: readonly Step[], query: string): { index: number; hits: number }[] {
  const needle = query.trim().toLowerCase();
  if (needle === "") return [];
  const found: { index: number; hits: number }[] = [];
  steps.forEach((step, index) => {
    let hits = 0;
    for (const text of [step.text, step.tool_name, step.tool_arguments, step.tool_result, step.error]) {
      if (text === null) continue;
      const hay = text.toLowerCase();
      for (let at = hay.indexOf(needle); at >= 0; at = hay.indexOf(needle, at + needle.length)) hits += 1;
    }
    if (hits > 0) found.push({ index, hits });
  });
  return found;
}

export const trimmed = (characters: number): string => plural(characters, "more character");
