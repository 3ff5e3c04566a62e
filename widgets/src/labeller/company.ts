import type { Link } from "../shared/link";
import { visible } from "../shared/text";
import { tableOf } from "./drawer";
import type { Drawer } from "./drawer";
import { decode } from "../shared/reader";
import type { Span } from "./types";

const CALM = 1200;

interface Stopping {
  sentence: string;
  rows?: Record<string, string | number | null>[];
}

/** What is asked for beside the sessions: who else reads, when to stop, the spans. Nothing is asked that nobody offers. */
export class Company {
  /** Items that somebody else reads, or that have enough readers. */
  readonly taken: Set<string>;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private link: Link, private offers: ReadonlySet<string>, taken: readonly string[], private told: (sentence: string) => void, private signal: AbortSignal) {
    this.taken = new Set(taken);
    signal.addEventListener("abort", () => clearTimeout(this.#timer));
  }

  /** Reserve an item; why it is not to be read now, or null. */
  async hold(id: string): Promise<string | null> {
    if (!this.offers.has("hold")) return null;
    const { content } = await this.link.ask({ kind: "hold", session_id: id });
    const why = typeof content["taken"] === "string" ? content["taken"] : null;
    if (why === null) this.taken.delete(id);
    else this.taken.add(id);
    return why;
  }

  /** Ask when to stop as soon as the reader pauses, so that no save waits for the answer. */
  stopping(): void {
    if (!this.offers.has("stopping")) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.ask<Stopping>("stopping").then(({ sentence }) => this.signal.aborted || this.told(sentence), () => undefined);
    }, CALM);
  }

  segments(drawer: Drawer): void {
    if (!this.offers.has("stopping")) return;
    const body = drawer.show("segments", "When to stop, by segment");
    body.textContent = "Counting…";
    this.ask<Stopping>("stopping", { segments: true }).then(
      ({ sentence, rows }) => {
        this.told(sentence);
        const [first] = rows ?? [];
        if (first === undefined) body.textContent = sentence;
        else tableOf(body, Object.keys(first), (rows ?? []).map((row) => Object.values(row).map((value) => visible(String(value ?? "–")))));
      },
      (error: unknown) => (body.textContent = `This cannot be told: ${error instanceof Error ? error.message : String(error)}`),
    );
  }

  spans(id: string): Promise<Span[]> {
    return this.ask<Span[]>("spans", { session_id: id });
  }

  async ask<T>(kind: string, more: Record<string, unknown> = {}): Promise<T> {
    const { buffers } = await this.link.ask({ kind, ...more });
    return JSON.parse(decode(buffers)) as T;
  }
}
