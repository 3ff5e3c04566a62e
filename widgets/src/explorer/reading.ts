import { fill, h } from "../shared/dom";
import type { Link } from "../shared/link";
import { visible } from "../shared/text";
import { Reader } from "../shared/reader";
import { Transcript } from "../shared/transcript";

/** A session, opened over the map. */
export class Reading {
  readonly el: HTMLElement;
  readonly transcript: Transcript;
  id: string | null = null;
  #head = h("div", { class: "wbw-reading-head" });
  #reader: Reader;

  constructor(link: Link, private close: () => void) {
    this.#reader = new Reader(link);
    this.transcript = new Transcript({
      chosen: (index) => this.transcript.go(index),
      mark: () => undefined,
      more: (step, field) => this.#reader.more(this.id ?? "", step, field),
    });
    this.el = h("section", { class: "wbw-reading", "aria-label": "Session", hidden: true }, this.#head, this.transcript.el);
  }

  open(id: string, line: string): void {
    this.id = id;
    this.el.hidden = false;
    const shut = h("button", { type: "button", class: "wbw-clear", "aria-label": "Close the session", title: "Close (Esc)" }, "×");
    shut.addEventListener("click", () => this.close());
    const facts = h("ul", { class: "wbw-facts" });
    fill(this.#head, h("div", { class: "wbw-top-line" }, h("code", { title: visible(id) }, visible(id)), h("span", { class: "wbw-spring" }), shut), h("p", {}, visible(line)), facts);
    this.#reader.open(id).then(
      (session) => {
        if (this.id !== id) return;
        this.transcript.load(session);
        fill(facts, ...session.facts.map(([name, value]) => h("li", {}, h("span", { class: "wbw-fact" }, visible(name)), " ", visible(value))));
      },
      (error: unknown) => {
        if (this.id !== id) return;
        this.transcript.load({ session_id: id, because: "", facts: [], signals: [], steps: [], held: 0 });
        fill(facts, h("li", { role: "alert" }, `This session cannot be shown: ${error instanceof Error ? error.message : String(error)}`));
      },
    );
  }

  shut(): void {
    this.id = null;
    this.el.hidden = true;
  }
}
