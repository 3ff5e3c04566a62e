/** What of anywidget's model is used here; `on` hands on the host's own events as well. */
export interface Channel {
  send(content: unknown): void;
  on(event: string, heard: (content: Reply, buffers: DataView[]) => void): void;
  off(event: string, heard: (content: Reply, buffers: DataView[]) => void): void;
}

export interface Reply {
  to?: string;
  error?: string;
  [key: string]: unknown;
}

export interface Answer {
  content: Reply;
  buffers: DataView[];
}

/** A name for a message or an operation, unlike any other; plain http pages have no crypto.randomUUID. */
export function newId(): string {
  const words = crypto.getRandomValues(new Uint32Array(3));
  // the time first, so that ids sort in the order in which they were made
  return `${Date.now().toString(36).padStart(9, "0")}${(serial++ % 46656).toString(36).padStart(3, "0")}-${[...words].map((word) => word.toString(36)).join("")}`;
}
let serial = 0;

const CALM = 5000;
const NERVOUS = 1000;
const PATIENCE = 2000;

/**
 * Questions to the kernel and whether it answers. A widget outlives its kernel: after a restart the view still takes
 * keys while nobody listens, so a small question is asked every few seconds and silence is reported at once.
 */
export class Link {
  alive = true;
  #asked = new Map<string, { done: (answer: Answer) => void; fail: (error: Error) => void; timer: ReturnType<typeof setTimeout> | undefined }>();
  #watchers = new Set<(alive: boolean) => void>();
  #pause = CALM;
  #pulse: ReturnType<typeof setTimeout> | undefined;

  constructor(private channel: Channel, private signal: AbortSignal) {
    const heard = (content: Reply, buffers: DataView[]) => this.#hear(content, buffers);
    const changed = () => void this.#beat();
    channel.on("msg:custom", heard);
    channel.on("comm_live_update", changed);
    signal.addEventListener("abort", () => {
      channel.off("msg:custom", heard);
      channel.off("comm_live_update", changed);
      clearTimeout(this.#pulse);
      for (const { timer } of this.#asked.values()) clearTimeout(timer);
    });
    void this.#beat();
  }

  /** Told whenever the kernel falls silent or is heard again. */
  watch(watcher: (alive: boolean) => void): void {
    this.#watchers.add(watcher);
  }

  send(content: Record<string, unknown>): void {
    try {
      this.channel.send(content);
    } catch {
      this.#settle(false); // a closed connection throws; silence says the same
    }
  }

  ask(content: Record<string, unknown>, patience = 30_000): Promise<Answer> {
    const id = newId();
    return new Promise((done, fail) => {
      const timer = setTimeout(() => {
        this.#asked.delete(id);
        fail(new Error("the kernel is not answering"));
      }, patience);
      this.#asked.set(id, { done, fail, timer });
      this.send({ ...content, id });
    });
  }

  #hear(content: Reply, buffers: DataView[]): void {
    this.#settle(true);
    const asked = content.to === undefined ? undefined : this.#asked.get(content.to);
    if (asked === undefined || content.to === undefined) return;
    clearTimeout(asked.timer);
    this.#asked.delete(content.to);
    if (content.error !== undefined) asked.fail(new Error(content.error));
    else asked.done({ content, buffers });
  }

  async #beat(): Promise<void> {
    clearTimeout(this.#pulse);
    if (this.signal.aborted) return;
    try {
      await this.ask({ kind: "ping" }, PATIENCE);
      this.#pause = CALM;
    } catch {
      this.#pause = this.alive ? NERVOUS : Math.min(this.#pause * 2, 8000);
      this.#settle(false);
    }
    if (!this.signal.aborted) this.#pulse = setTimeout(() => void this.#beat(), this.#pause);
  }

  #settle(alive: boolean): void {
    if (alive === this.alive) return;
    this.alive = alive;
    for (const watcher of this.#watchers) watcher(alive);
  }
}
