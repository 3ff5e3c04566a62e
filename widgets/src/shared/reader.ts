import type { Link } from "./link";
import type { Payload, Session, Step, Suggestion } from "./session";

const KEPT = 8;

/** Sessions on demand: asked for once, the last few kept, so that going back needs no kernel. */
export class Reader {
  #kept = new Map<string, Promise<Session>>();
  #suggestions = new Map<string, Suggestion[]>();

  constructor(private link: Link) {}

  /** A session that is shown now; where its suggestions are shown first, that is on record before it is seen. */
  async open(id: string, first = false): Promise<Session> {
    const session = await this.#read(id, false);
    if (first && session.held > 0 && this.suggestions(id) === null) {
      const { content } = await this.link.ask({ kind: "reveal", session_id: id });
      if (Array.isArray(content["suggestions"])) this.revealed(id, content["suggestions"] as Suggestion[]);
    }
    return session;
  }

  /** A session that may be shown next: nobody has seen it yet. */
  ahead(id: string): void {
    this.#read(id, true).catch(() => undefined);
  }

  #read(id: string, ahead: boolean): Promise<Session> {
    let session = this.#kept.get(id);
    this.#kept.delete(id);
    session ??= this.#fetch(id, ahead);
    this.#kept.set(id, session);
    for (const old of this.#kept.keys()) if (this.#kept.size > KEPT) this.#kept.delete(old);
    return session;
  }

  suggestions(id: string): Suggestion[] | null {
    return this.#suggestions.get(id) ?? null;
  }

  revealed(id: string, suggestions: Suggestion[]): void {
    this.#suggestions.set(id, suggestions);
  }

  async more(id: string, step: Step, field: Payload): Promise<void> {
    const { content, buffers } = await this.link.ask({ kind: "more", session_id: id, number: step.number, field, left: step.more?.[field] ?? 0 });
    step[field] = (step[field] ?? "") + decode(buffers);
    step.more = { ...step.more, [field]: content["left"] as number };
  }

  async #fetch(id: string, ahead: boolean): Promise<Session> {
    try {
      const { content, buffers } = await this.link.ask({ kind: "fetch", session_id: id, ahead });
      if (Array.isArray(content["suggestions"])) this.#suggestions.set(id, content["suggestions"] as Suggestion[]);
      return JSON.parse(decode(buffers)) as Session;
    } catch (error) {
      this.#kept.delete(id);
      throw error;
    }
  }
}

export function decode(buffers: DataView[]): string {
  const [buffer] = buffers;
  return buffer === undefined ? "" : new TextDecoder().decode(buffer);
}
