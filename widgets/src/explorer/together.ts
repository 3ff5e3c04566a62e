import type { Mode } from "./types";

/** What it would do to say that some sessions belong together. */
export interface Offer {
  /** The mode that takes them: the one that most of them are in; null: all of them are open. */
  into: Mode | null;
  /** The other modes that they are in. */
  merged: Mode[];
  /** How many of them are in no mode. */
  open: number;
}

export function offered(rows: ArrayLike<number>, members: Int32Array, modes: readonly Mode[]): Offer {
  const held = new Map<number, number>();
  let open = 0;
  for (const row of Array.from(rows)) {
    const mode = members[row] ?? -1;
    if (mode < 0) open += 1;
    else held.set(mode, (held.get(mode) ?? 0) + 1);
  }
  const inside = modes.filter((mode) => held.has(mode.number));
  inside.sort((a, b) => (held.get(b.number) as number) - (held.get(a.number) as number) || b.size - a.size || a.number - b.number);
  return { into: inside[0] ?? null, merged: inside.slice(1), open };
}
