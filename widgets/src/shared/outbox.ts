import { type Channel, type Link, type Reply, newId } from "./link";

export interface Change {
  operation: string;
  [key: string]: unknown;
}

export type Delivery =
  | { state: "idle" | "saved"; waiting: 0 }
  | { state: "saving"; waiting: number }
  | { state: "unsaved"; waiting: number; why: string; refused: boolean };

const PATIENCE = 2000;

/**
 * Changes on their way to disk, in order, one at a time. A change leaves only when the kernel says that it is saved;
 * until then it is kept in the page's session storage as well, so that it outlives the kernel, the view and a reload,
 * and is sent again under the same operation id, which the other side takes once.
 */
export class Outbox {
  #queue: Change[] = [];
  #delivery: Delivery = { state: "idle", waiting: 0 };
  #timer: ReturnType<typeof setTimeout> | undefined;
  #retry = PATIENCE;
  #flying = false;

  constructor(
    channel: Channel,
    private link: Link,
    private name: string,
    private report: (delivery: Delivery) => void,
    private settled: (change: Change, reply: Reply) => void,
    signal: AbortSignal,
  ) {
    const heard = (reply: Reply) => this.#hear(reply);
    channel.on("msg:custom", heard);
    signal.addEventListener("abort", () => {
      channel.off("msg:custom", heard);
      clearTimeout(this.#timer);
    });
    link.watch((alive) => (alive ? this.#send() : this.#silent()));
    this.#queue = kept(name);
    if (this.#queue.length > 0) this.#send();
  }

  get waiting(): readonly Change[] {
    return this.#queue;
  }

  get delivery(): Delivery {
    return this.#delivery;
  }

  add(change: Record<string, unknown>): string {
    const full: Change = { ...change, operation: newId() };
    this.#queue.push(full);
    keep(this.name, full);
    if (!this.#flying) this.#send();
    else if (this.#delivery.state === "saving") this.#say({ state: "saving", waiting: this.#queue.length });
    else if (this.#delivery.state === "unsaved") this.#say({ ...this.#delivery, waiting: this.#queue.length });
    return full.operation;
  }

  /** Try again now. */
  retry(): void {
    this.#retry = PATIENCE;
    this.#send();
  }

  /** Give up the change at the head, which the other side refuses. */
  discard(): Change | undefined {
    const change = this.#queue.shift();
    if (change !== undefined) forget(this.name, change.operation);
    this.#flying = false;
    if (this.#queue.length > 0) this.#send();
    else this.#say({ state: "idle", waiting: 0 });
    return change;
  }

  #send(): void {
    const change = this.#queue[0];
    clearTimeout(this.#timer);
    if (change === undefined) return;
    this.#flying = true;
    if (this.#delivery.state !== "unsaved") this.#say({ state: "saving", waiting: this.#queue.length });
    this.#timer = setTimeout(() => this.#silent(), PATIENCE);
    this.link.send({ kind: "change", id: change.operation, change });
    if (!this.link.alive) this.#silent();
  }

  #silent(): void {
    if (this.#queue.length === 0) return;
    clearTimeout(this.#timer);
    this.#say({ state: "unsaved", waiting: this.#queue.length, why: "the kernel is not answering", refused: false });
    this.#again();
  }

  #again(): void {
    this.#timer = setTimeout(() => this.#send(), this.#retry);
    this.#retry = Math.min(this.#retry * 2, 16_000);
  }

  #hear(reply: Reply): void {
    const change = this.#queue.find((each) => each.operation === reply.to);
    if (change === undefined) return;
    clearTimeout(this.#timer);
    if (reply.error !== undefined) {
      this.#say({ state: "unsaved", waiting: this.#queue.length, why: reply.error, refused: true });
      this.#again();
      return;
    }
    this.#queue = this.#queue.filter((each) => each !== change);
    forget(this.name, change.operation);
    this.#retry = PATIENCE;
    this.#flying = false;
    this.settled(change, reply);
    if (this.#queue.length === 0) this.#say({ state: "saved", waiting: 0 });
    else {
      this.#say({ state: "saving", waiting: this.#queue.length });
      this.#send();
    }
  }

  #say(delivery: Delivery): void {
    this.#delivery = delivery;
    this.report(delivery);
  }
}

// Storage may be forbidden (private windows, sandboxed frames); then the queue in memory is all there is.
const prefix = (name: string): string => `trace-workbench:${name}:`;

function keep(name: string, change: Change): void {
  try {
    sessionStorage.setItem(prefix(name) + change.operation, JSON.stringify(change));
  } catch { /* see above */ }
}

function forget(name: string, operation: string): void {
  try {
    sessionStorage.removeItem(prefix(name) + operation);
  } catch { /* see above */ }
}

function kept(name: string): Change[] {
  const found: Change[] = [];
  try {
    for (let index = 0; index < sessionStorage.length; index++) {
      const key = sessionStorage.key(index);
      if (key?.startsWith(prefix(name))) found.push(JSON.parse(sessionStorage.getItem(key) ?? "null") as Change);
    }
  } catch {
    return [];
  }
  return found.filter((change) => typeof change?.operation === "string").sort((a, b) => (a.operation < b.operation ? -1 : 1));
}
