import type { Reply } from "../src/shared/link";

type Heard = (content: never, buffers?: DataView[]) => void;
interface Sent {
  kind: string;
  id: string;
  [key: string]: unknown;
}

/** The part of a widget's model that the browser half uses, with a kernel behind it that a test plays. */
export class FakeModel {
  sent: Sent[] = [];
  saved: Record<string, unknown> = {};
  /** How the kernel answers; null: not at all. */
  kernel: ((message: Sent) => { content?: Reply; body?: unknown; buffers?: DataView[] } | null) | null = null;
  #pending: Record<string, unknown> = {};
  #heard = new Map<string, Set<Heard>>();

  constructor(private state: Record<string, unknown>) {}

  get(key: string): unknown {
    return this.state[key];
  }

  set(key: string, value: unknown): void {
    this.state[key] = value;
    this.#pending[key] = value;
  }

  save_changes(): void {
    Object.assign(this.saved, this.#pending);
    this.#pending = {};
  }

  send(message: Sent): void {
    this.sent.push(message);
    const answer = message.kind === "ping" && this.kernel !== null ? {} : this.kernel?.(message);
    if (answer === null || answer === undefined) return;
    this.receive({ to: message.id, ...answer.content }, answer.body, answer.buffers);
  }

  receive(content: Reply, body?: unknown, buffers: DataView[] = []): void {
    const bytes = body === undefined ? buffers : [new DataView(new TextEncoder().encode(typeof body === "string" ? body : JSON.stringify(body)).buffer)];
    this.#tell("msg:custom", content, bytes);
  }

  trigger(event: string): void {
    this.#tell(event, {}, []);
  }

  on(name: string, call: Heard): void {
    this.#heard.set(name, (this.#heard.get(name) ?? new Set()).add(call));
  }

  off(name: string, call: Heard): void {
    this.#heard.get(name)?.delete(call);
  }

  changes(): Record<string, unknown>[] {
    return this.sent.filter((message) => message.kind === "change").map((message) => message["change"] as Record<string, unknown>);
  }

  #tell(name: string, content: Reply, buffers: DataView[]): void {
    for (const call of [...(this.#heard.get(name) ?? [])]) call(content as never, buffers);
  }
}
