import labeller from "../src/labeller";
import type { Label, Patch, Question } from "../src/labeller/types";
import type { Session, Step } from "../src/shared/session";
import { FakeModel } from "./model";

export function step(number: number, kind: Step["kind"], more: Partial<Step> = {}): Step {
  return {
    number, turn: 1, kind, text: null, tool_name: null, tool_arguments: null, tool_result: null, error: null, seconds: null, model: null,
    span: `t/${number}`, ...more,
  };
}

export const STEPS: Step[] = [
  step(1, "user", { text: "Refund order W1, please" }),
  step(2, "tool", { tool_name: "refund", tool_arguments: '{"order": "W1", "amount": 12345678901234567890}', error: "409 refused" }),
  step(3, "tool", { tool_name: "refund", tool_arguments: '{"amount": 12345678901234567890, "order": "W1"}', tool_result: '{"ok": true}' }),
  step(4, "assistant", { text: "Done, refund made" }),
];

export const session = (id: string, more: Partial<Session> = {}): Session => ({
  session_id: id, because: `drawn as ${id}`, facts: [["status", "ok"]], signals: [], steps: STEPS.map((each) => ({ ...each })), held: 0, ...more,
});

const FIELDS = ["verdict", "note", "failure_mode", "other_modes", "first_failure", "root_cause", "expected_output", "flag"];

/** A kernel with a log, as the Python half keeps one. */
export class Kernel {
  log: { operation: string; session_id: string; patch: Patch; gone: boolean }[] = [];
  refuses: string | null = null;
  sessions = new Map<string, Session>();
  suggestions: unknown[] = [];

  answer = (message: Record<string, unknown>): { content?: Record<string, unknown>; body?: unknown } | null => {
    if (message["kind"] === "fetch") return { body: this.sessions.get(message["session_id"] as string) ?? session(message["session_id"] as string) };
    if (message["kind"] === "reveal") return { content: { session_id: message["session_id"], suggestions: this.suggestions } };
    if (message["kind"] !== "change") return {};
    if (this.refuses !== null) return { content: { error: this.refuses } };
    const change = message["change"] as Record<string, unknown>;
    let id = change["session_id"] as string | null;
    const operation = change["operation"] as string;
    if (!this.log.some((entry) => entry.operation === operation)) {
      if (change["undo"] !== undefined) {
        const live = this.log.filter((entry) => !entry.gone && Object.keys(entry.patch).length > 0);
        const target = change["undo"] === "last" ? live.at(-1) : live.find((entry) => entry.operation === change["undo"]);
        if (target === undefined) return { content: { session_id: null } };
        target.gone = true;
        id = target.session_id;
      }
      const said = Object.entries(change).filter(([field]) => FIELDS.includes(field) || field.startsWith("answer: "));
      const patch = (change["undo"] === undefined ? Object.fromEntries(said) : {}) as Patch;
      this.log.push({ operation, session_id: id as string, patch, gone: false });
    }
    return { content: { session_id: id, label: this.label(id as string) } };
  };

  label(id: string): Label {
    const entries = this.log.filter((entry) => entry.session_id === id && !entry.gone && Object.keys(entry.patch).length > 0);
    return Object.assign({ revision: entries.length }, ...entries.map((entry) => entry.patch)) as Label;
  }
}

export async function mount(options: { ids?: string[]; labels?: Record<string, Label>; keymap?: Record<string, string>; kernel?: Kernel | null; queue?: string; session_id?: string; modes?: string[]; rubric?: Question[]; offers?: string[]; names?: Record<string, string>; taken?: string[]; first?: string[]; page?: boolean } = {}) {
  const kernel = options.kernel === undefined ? new Kernel() : options.kernel;
  const model = new FakeModel({
    ids: options.ids ?? ["a", "b", "c"], labels: options.labels ?? {}, modes: options.modes ?? ["wrong refund", "loop"], reviewer: "ana", title: "first read",
    queue: options.queue ?? "q", session_id: options.session_id ?? "", keymap: options.keymap ?? {},
    names: options.names ?? {}, rubric: options.rubric ?? [], offers: options.offers ?? [], taken: options.taken ?? [], first: options.first ?? [], page: options.page ?? false,
  });
  if (kernel !== null) model.kernel = kernel.answer as never;
  const el = document.createElement("div");
  document.body.append(el);
  const view = new AbortController();
  labeller.render({ model, el, signal: view.signal } as never);
  await settle();
  const root = el.querySelector<HTMLElement>(".wbw-labeller") as HTMLElement;
  const press = (key: string, init: KeyboardEventInit = {}, target: Element = root): KeyboardEvent => {
    const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...init });
    target.dispatchEvent(event);
    return event;
  };
  const find = <T extends HTMLElement = HTMLElement>(selector: string): T => root.querySelector<T>(selector) as T;
  const type = (field: HTMLInputElement | HTMLTextAreaElement, text: string): void => {
    field.focus();
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const close = (): void => {
    view.abort();
    el.remove();
  };
  return { kernel: kernel as Kernel, model, el, root, press, find, type, close, status: () => find("[role=status].wbw-status-text").textContent ?? "" };
}

export const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 8; turn++) await Promise.resolve();
};
