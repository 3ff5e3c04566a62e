import { visible } from "../shared/text";
import { spoken } from "../shared/loop";
import type { Outline } from "./outline";
import type { Transcript } from "../shared/transcript";
import type { Session } from "../shared/session";

/** Going from step to step, and saying aloud where one is. */
export class Walk {
  #signal = -1;

  constructor(private transcript: Transcript, private outline: Outline, private session: () => Session | null, private aloud: (text: string) => void) {}

  /** A new session is shown. */
  begin(): void {
    this.#signal = -1;
    this.outline.go(this.transcript.current);
  }

  goto(index: number, how: "nearest" | "start" = "nearest"): void {
    const session = this.session();
    if (session === null || session.steps.length === 0) return;
    this.transcript.go(index, how);
    this.outline.go(this.transcript.current);
    const step = this.transcript.step;
    if (step !== undefined) this.aloud(spoken(step, session.steps.length));
  }

  step(by: number): void {
    this.goto(this.transcript.current + by);
  }

  toggle(): void {
    this.transcript.toggle(this.transcript.current);
  }

  error(by: 1 | -1): void {
    const index = this.transcript.nextError(by);
    if (index === null) this.aloud(by > 0 ? "No error after this step" : "No error before this step");
    else this.goto(index);
  }

  /** To the next step that a signal points to, round and round. */
  signal(): void {
    const steps = this.session()?.steps ?? [];
    const fired = (this.session()?.signals ?? []).flatMap((signal) => {
      const index = steps.findIndex((step) => step.number === signal.number);
      return index < 0 ? [] : [{ index, signal }];
    });
    this.#signal = (this.#signal + 1) % Math.max(1, fired.length);
    const to = fired[this.#signal];
    if (to === undefined) {
      this.aloud("No signal points to a step");
      return;
    }
    this.goto(to.index, "start");
    const step = steps[to.index];
    if (step !== undefined) this.aloud(`${visible(to.signal.name)}: ${visible(to.signal.text)}. ${spoken(step, steps.length)}`);
  }

  /** To the step of a span; false where the conversation shows none. */
  visit(span: string): boolean {
    const index = this.session()?.steps.findIndex((step) => step.span === span) ?? -1;
    if (index >= 0) this.goto(index, "start");
    return index >= 0;
  }
}
