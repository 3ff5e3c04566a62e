import type { Outbox } from "../shared/outbox";
import type { Journal } from "./journal";
import type { Patch, Session } from "./types";

export interface SayingHost {
  session(): Session | null;
  /** Something is about to be said. */
  begin(): void;
  /** What is said has changed. */
  refresh(): void;
  /** Show the session that something was taken back from. */
  open(id: string): void;
  /** Where the reader is in the session. */
  span(): string | undefined;
}

/** What the reader says: each thing is on its way to disk at once, and can be taken back. */
export class Saying {
  constructor(private journal: Journal, private modes: Set<string>, private outbox: () => Outbox, private host: SayingHost) {}

  say(patch: Patch): void {
    const id = this.host.session()?.session_id;
    if (id === undefined) return;
    this.host.begin();
    this.#of(id, patch);
    this.host.refresh();
  }

  text(field: "note" | "expected_output", text: string | null): void {
    const id = this.host.session()?.session_id;
    if (id !== undefined && (this.journal.label(id)[field] ?? null) !== text) this.say({ [field]: text });
  }

  mode(name: string | null): void {
    const id = this.host.session()?.session_id;
    if (id === undefined || (this.journal.label(id).failure_mode ?? null) === name) return;
    if (name !== null) this.modes.add(name);
    this.say(name === null ? { failure_mode: null } : this.#named(id, name));
  }

  mark(as: "first_failure" | "root_cause"): void {
    const id = this.host.session()?.session_id;
    const span = this.host.span();
    if (id !== undefined && span !== undefined) this.say({ [as]: this.journal.label(id)[as] === span ? null : span });
  }

  flag(): void {
    const id = this.host.session()?.session_id;
    if (id !== undefined) this.say({ flag: (this.journal.label(id).flag ?? null) === null ? "flagged" : null });
  }

  /** Name the failure of several sessions at once, those that have no name yet; how many it were. */
  code(sessions: readonly string[], mode: string): number {
    const open = sessions.filter((id) => !this.journal.label(id).failure_mode);
    for (const id of open) this.#of(id, this.#named(id, mode));
    this.modes.add(mode);
    this.host.refresh();
    return open.length;
  }

  undo(): void {
    const last = this.journal.last();
    const undo = last === null ? { session_id: null, undo: "last" } : { session_id: last.session_id, undo: last.operation, restores: last.before };
    this.outbox().add({ ...undo, revision: last === null ? null : this.journal.acknowledged(last.session_id).revision });
    if (last !== null && last.session_id !== this.host.session()?.session_id) this.host.open(last.session_id);
    else this.host.refresh();
  }

  /** A failure mode without a verdict says that it failed. */
  #named(id: string, mode: string): Patch {
    return this.journal.verdict(id) === null ? { failure_mode: mode, verdict: "fail" } : { failure_mode: mode };
  }

  #of(id: string, patch: Patch): void {
    const before = this.journal.label(id);
    const operation = this.outbox().add({ session_id: id, revision: this.journal.acknowledged(id).revision, ...patch });
    this.journal.did(operation, id, before, patch);
  }
}
