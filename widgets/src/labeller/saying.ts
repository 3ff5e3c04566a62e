import type { Outbox } from "../shared/outbox";
import type { Journal } from "./journal";
import { lines, othersOf } from "./modes";
import type { Session } from "../shared/session";
import type { Patch } from "./types";

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
    const others = othersOf(this.journal.label(id));
    if (name === null) {
      this.say(others.length === 0 ? { failure_mode: null } : { failure_mode: others[0] as string, other_modes: lines(others.slice(1)) });
      return;
    }
    this.modes.add(name);
    const patch = this.#named(id, name);
    this.say(others.includes(name) ? { ...patch, other_modes: lines(others.filter((each) => each !== name)) } : patch);
  }

  /** One more failure mode, beside the first. */
  also(name: string): void {
    const id = this.host.session()?.session_id;
    if (id === undefined) return;
    const label = this.journal.label(id);
    if (!label.failure_mode) this.mode(name);
    else if (label.failure_mode !== name && !othersOf(label).includes(name)) {
      this.modes.add(name);
      this.say({ other_modes: lines([...othersOf(label), name]) });
    }
  }

  /** Take one of the further modes away, or let it be what went wrong first. */
  other(name: string, does: "drop" | "lead"): void {
    const id = this.host.session()?.session_id;
    if (id === undefined) return;
    const label = this.journal.label(id);
    const rest = othersOf(label).filter((each) => each !== name);
    if (does === "drop") this.say({ other_modes: lines(rest) });
    else this.say({ failure_mode: name, other_modes: lines(label.failure_mode ? [label.failure_mode, ...rest] : rest) });
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
