import type { Change } from "../shared/outbox";
import type { Field, Label, Patch, Verdict } from "./types";

const FIELDS: readonly string[] = ["verdict", "note", "failure_mode", "other_modes", "first_failure", "root_cause", "expected_output", "flag"];

/** What is said about the sessions: what the kernel acknowledged, and over it what is still on its way. */
export class Journal {
  #acknowledged = new Map<string, Label>();
  #undo: { operation: string; session_id: string; before: Patch }[] = [];
  #counts: Record<Verdict, number> = { pass: 0, fail: 0, defer: 0, skip: 0 };

  constructor(private ids: ReadonlySet<string>, labels: Record<string, Label>, private waiting: () => readonly Change[]) {
    for (const [id, label] of Object.entries(labels)) this.take(id, label);
  }

  /** The label as it will stand when everything on its way has arrived. */
  label(id: string): Label {
    let label = this.#acknowledged.get(id) ?? { revision: 0 };
    for (const change of this.waiting()) if (change["session_id"] === id) label = { ...label, ...patchOf(change) };
    return label;
  }

  acknowledged(id: string): Label {
    return this.#acknowledged.get(id) ?? { revision: 0 };
  }

  verdict(id: string): Verdict | null {
    return this.label(id).verdict ?? null;
  }

  /** The kernel's word on a session. */
  take(id: string, label: Label): void {
    const before = this.#acknowledged.get(id)?.verdict;
    if (this.ids.has(id)) {
      if (before) this.#counts[before] -= 1;
      if (label.verdict) this.#counts[label.verdict] += 1;
    }
    this.#acknowledged.set(id, label);
  }

  /** Remember how to take an operation back. */
  did(operation: string, session_id: string, before: Label, patch: Patch): void {
    const old: Patch = {};
    for (const field of Object.keys(patch) as Field[]) Object.assign(old, { [field]: before[field] ?? null });
    this.#undo.push({ operation, session_id, before: old });
  }

  /** The last operation of this page, or null: then the log knows the last one. */
  last(): { operation: string; session_id: string; before: Patch } | null {
    return this.#undo.pop() ?? null;
  }

  dropped(operation: string): void {
    this.#undo = this.#undo.filter((each) => each.operation !== operation);
  }

  get counts(): Record<Verdict, number> {
    const counts = { ...this.#counts };
    const changed = new Set(this.waiting().map((change) => change["session_id"] as string));
    for (const id of changed) {
      if (!this.ids.has(id)) continue;
      const was = this.#acknowledged.get(id)?.verdict;
      const will = this.verdict(id);
      if (was) counts[was] -= 1;
      if (will) counts[will] += 1;
    }
    return counts;
  }

  /** The next item to read after `from`: unlabelled first, then what was deferred; null when all is said or passed over. */
  next(order: readonly string[], from: number, passed?: ReadonlySet<string>): number | null {
    for (const wanted of [null, "defer"] as const) {
      for (let ahead = 1; ahead <= order.length; ahead++) {
        const index = (from + ahead) % order.length;
        const id = order[index];
        if (id !== undefined && index !== from && this.verdict(id) === wanted && !passed?.has(id)) return index;
      }
    }
    return null;
  }
}

export function patchOf(change: Change): Patch {
  const patch: Patch = {};
  const from = (change["undo"] === undefined ? change : change["restores"] ?? {}) as Record<string, unknown>;
  for (const [field, value] of Object.entries(from)) if (FIELDS.includes(field) || field.startsWith("answer: ")) Object.assign(patch, { [field]: value });
  return patch;
}
