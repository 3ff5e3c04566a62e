import type { Pick } from "./types";

/** Picks that are not saved yet; kept in the page's session storage, so that they outlive the kernel and a reload. */
export class Drafts {
  #picks = new Map<string, Pick>();

  constructor(private name: string, known: ReadonlySet<string>) {
    for (const [id, pick] of Object.entries(stored(name))) if (known.has(id) && isPick(pick)) this.#picks.set(id, pick);
  }

  get size(): number {
    return this.#picks.size;
  }

  of(id: string): Pick | undefined {
    return this.#picks.get(id);
  }

  /** Pick a session or put it back; the answer is whether it is picked now. */
  toggle(id: string, fresh: Pick): boolean {
    if (!this.#picks.delete(id)) this.#picks.set(id, { ...fresh });
    this.#keep();
    return this.#picks.has(id);
  }

  /** An edit picks. */
  edit(id: string, fresh: Pick, change: Partial<Pick>): void {
    this.#picks.set(id, { ...(this.#picks.get(id) ?? fresh), ...change });
    this.#keep();
  }

  all(): (Pick & { session_id: string })[] {
    return [...this.#picks].map(([session_id, pick]) => ({ session_id, ...pick }));
  }

  /** Forget what was saved, but not what was edited since. */
  settle(saved: readonly (Pick & { session_id: string })[]): void {
    for (const { session_id, ...pick } of saved) {
      const now = this.#picks.get(session_id);
      if (now !== undefined && JSON.stringify(sorted(now)) === JSON.stringify(sorted(pick))) this.#picks.delete(session_id);
    }
    this.#keep();
  }

  #keep(): void {
    try {
      sessionStorage.setItem(place(this.name), JSON.stringify(Object.fromEntries(this.#picks)));
    } catch { /* storage may be forbidden: then the picks in memory are all there is */ }
  }
}

const place = (name: string): string => `trace-workbench:picks:${name}`;
const sorted = ({ turn, expected_output, criteria }: Pick): unknown[] => [turn, expected_output, criteria];

function stored(name: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(sessionStorage.getItem(place(name)) ?? "{}");
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function isPick(value: unknown): value is Pick {
  const pick = value as Partial<Pick> | null;
  return typeof pick === "object" && pick !== null && typeof pick.expected_output === "string" && typeof pick.criteria === "string" && (pick.turn === null || typeof pick.turn === "number");
}
