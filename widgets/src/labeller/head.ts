import { type Child, button, fill, h } from "../shared/dom";
import { count, visible } from "../shared/text";
import type { Session } from "../shared/session";
import type { Verdict } from "./types";

export interface HeadHost {
  key(action: string): string;
  goto(step: number): void;
  segments(): void;
}

/** The top: where one is, why this session, when to stop, and what is known of it. */
export class Head {
  readonly el: HTMLElement;
  readonly #progress = h("span", { class: "wbw-progress-text" });
  readonly #bar = h("span", { class: "wbw-progress-fill" });
  readonly #where = h("span", { class: "wbw-where" });
  readonly #because = h("p", { class: "wbw-because" });
  readonly #stop = h("p", { class: "wbw-stop", hidden: true });
  readonly #facts = h("ul", { class: "wbw-facts", "aria-label": "Facts" });

  constructor(title: string, tools: readonly HTMLElement[], private host: HeadHost) {
    this.el = h(
      "header",
      { class: "wbw-top" },
      h(
        "div",
        { class: "wbw-top-line" },
        title !== "" && h("strong", { class: "wbw-title" }, visible(title)),
        this.#where,
        h("span", { class: "wbw-progress", "aria-hidden": "true" }, this.#bar),
        this.#progress,
        h("span", { class: "wbw-group" }, ...tools),
      ),
      this.#because,
      this.#stop,
      this.#facts,
    );
  }

  overview(position: number, total: number, name: string | undefined, counts: Record<Verdict, number>): void {
    const { pass, fail, defer, skip } = counts;
    const done = pass + fail + skip;
    fill(this.#where, h("strong", {}, `Session ${count(total === 0 ? 0 : position + 1)} of ${count(total)}`), name !== undefined && h("code", { title: visible(name) }, visible(name)));
    const parts = [`${count(done)} of ${count(total)} done`, `${count(pass)} pass`, `${count(fail)} fail`];
    if (defer > 0) parts.push(`${count(defer)} deferred`);
    if (skip > 0) parts.push(`${count(skip)} skipped`);
    this.#progress.textContent = parts.join(" · ");
    this.#bar.style.width = `${total === 0 ? 0 : (done / total) * 100}%`;
  }

  show(session: Session): void {
    this.#because.textContent = session.because === "" ? "" : `Why this one: ${visible(session.because)}`;
    fill(
      this.#facts,
      ...session.facts.map(([name, value]) => fact(name, visible(value))),
      ...session.signals.map((signal) => {
        const step = session.steps.findIndex((each) => each.number === signal.number);
        const value = step < 0 ? visible(signal.text) : h("button", { type: "button", class: "wbw-link", onclick: () => this.host.goto(step) }, `${visible(signal.text)} (step ${signal.number})`);
        return fact(signal.name, value);
      }),
    );
  }

  /** When to stop, in one sentence. */
  stopping(sentence: string): void {
    this.#stop.hidden = sentence === "";
    fill(this.#stop, `When to stop: ${visible(sentence)} `, button("By segment", () => this.host.segments(), { key: this.host.key("stopping"), class: "wbw-quiet wbw-small" }));
  }
}

const fact = (name: string, value: Child): HTMLElement => h("li", {}, h("span", { class: "wbw-fact" }, visible(name)), " ", value);
