import type { AnyModel } from "@anywidget/types";

import { Status } from "../shared/status";
import { button, fill, h } from "../shared/dom";
import { guardFocus } from "../shared/focus";
import { type Action, bindKeys } from "../shared/keys";
import { type Channel, Link, type Reply } from "../shared/link";
import { type Change, type Delivery, Outbox } from "../shared/outbox";
import { count, oneLine, plural, shown, visible } from "../shared/text";
import { Drafts } from "./drafts";
import type { Item, Message, Pick, Preview, Traits } from "./types";

const KEPT = 20;

/** Sessions to make cases of: picked and edited on the left and right, in the middle what an agent would be handed. */
export class View {
  readonly root: HTMLElement;
  readonly #drafts: Drafts;
  readonly #link: Link;
  readonly #outbox: Outbox;
  readonly #status: Status;
  readonly #items: Item[];
  readonly #there: Set<string>;
  readonly #previews = new Map<string, Preview>();
  readonly #rows: HTMLElement[] = [];
  readonly #list = h("ul", { class: "wbw-outline-rows wbw-picks", tabindex: 0, role: "listbox", "aria-label": "Sessions", "aria-multiselectable": "true" });
  readonly #middle = h("div", { class: "wbw-transcript", role: "log", "aria-label": "What the agent is handed", "aria-live": "off" });
  readonly #progress = h("span", { class: "wbw-progress-text" });
  readonly #notice = h("p", { class: "wbw-notice", role: "alert", hidden: true });
  readonly #turn = h("span", { class: "wbw-turn-name" });
  readonly #expected = h("textarea", { class: "wbw-field", rows: 5, "aria-label": "Expected output", placeholder: "A good answer, in full" });
  readonly #criteria = h("textarea", { class: "wbw-field", rows: 5, "aria-label": "Criteria", placeholder: "What an answer has to meet" });
  readonly #pick: HTMLButtonElement;
  readonly #save: HTMLButtonElement;
  #at = 0;

  constructor(private model: AnyModel<Traits>, private signal: AbortSignal) {
    const channel = model as unknown as Channel;
    this.#items = model.get("items");
    this.#there = new Set(model.get("there"));
    this.#drafts = new Drafts(model.get("queue"), new Set(this.#items.map((item) => item.session_id)));
    this.#link = new Link(channel, signal);
    this.#status = new Status(() => this.#outbox.retry(), () => this.#outbox.discard(), "r");
    this.#pick = button("Pick", () => this.#toggle(), { key: "x" });
    this.#save = button("Save", () => this.#send(), { key: "s", class: "wbw-primary" });
    this.root = this.#build();
    bindKeys(this.root, this.#actions(), signal);
    guardFocus(this.root, signal);
    for (const [field, name] of [[this.#expected, "expected_output"], [this.#criteria, "criteria"]] as const) {
      field.addEventListener("input", () => this.#edit({ [name]: field.value }), { signal });
      field.addEventListener("keydown", (event) => {
        if (event.key === "Escape" || (event.key === "Enter" && (event.ctrlKey || event.metaKey))) {
          event.preventDefault();
          this.root.focus({ preventScroll: true });
          if (event.key === "Enter") this.#send();
        }
      }, { signal });
    }
    this.#outbox = new Outbox(channel, this.#link, model.get("queue"), (delivery) => this.#delivered(delivery), (change, reply) => this.#saved(change, reply), signal);
    this.#link.watch((alive) => this.#status.show(this.#outbox.delivery, alive));
    this.#go(0);
  }

  #actions(): Action[] {
    return [
      { keys: ["j", "ArrowDown"], says: "Next session", run: () => this.#go(this.#at + 1), repeats: true },
      { keys: ["k", "ArrowUp"], says: "Previous session", run: () => this.#go(this.#at - 1), repeats: true },
      { keys: ["x", " "], says: "Pick or put back", run: () => this.#toggle() },
      { keys: ["]"], says: "Later turn", run: () => this.#turnBy(1) },
      { keys: ["["], says: "Earlier turn", run: () => this.#turnBy(-1) },
      { keys: ["e"], says: "Expected output", run: () => this.#expected.focus() },
      { keys: ["c"], says: "Criteria", run: () => this.#criteria.focus() },
      { keys: ["s"], says: "Save what is picked", run: () => this.#send() },
      { keys: ["r"], says: "Try again", run: () => this.#outbox.retry() },
    ];
  }

  #build(): HTMLElement {
    const dataset = visible(this.model.get("dataset"));
    this.#items.forEach((_, index) => {
      const row = h("li", { class: "wbw-outline-row wbw-pick", role: "option" });
      row.addEventListener("click", () => this.#go(index));
      this.#rows.push(row);
      this.#list.append(row);
    });
    const turns = h("div", { class: "wbw-section" }, h("div", { class: "wbw-heading" }, "Turn", h("span", { class: "wbw-group" },
      button("Earlier", () => this.#turnBy(-1), { key: "[", class: "wbw-quiet" }), button("Later", () => this.#turnBy(1), { key: "]", class: "wbw-quiet" }))), this.#turn);
    const field = (name: string, key: string, box: HTMLElement) => h("div", { class: "wbw-section" }, h("div", { class: "wbw-heading" }, name, h("kbd", { "aria-hidden": "true" }, key)), box);
    const root = h(
      "section",
      { class: "wbw-labeller wbw-promoter", tabindex: 0, role: "region", "aria-label": `Promote sessions to ${dataset}`, "data-lm-suppress-shortcuts": "true" },
      h("header", { class: "wbw-top" }, h("div", { class: "wbw-top-line" }, h("strong", { class: "wbw-title" }, `Promote to ${dataset}`), h("span", { class: "wbw-spring" }), this.#progress), this.#notice),
      h("div", { class: "wbw-columns" },
        h("nav", { class: "wbw-outline", "aria-label": "Sessions" }, this.#list),
        h("div", { class: "wbw-middle" }, this.#middle),
        h("aside", { class: "wbw-panel-side", "aria-label": "The case" }, h("div", { class: "wbw-section" }, this.#pick), turns,
          field("Expected output", "e", this.#expected), field("Criteria", "c", this.#criteria),
          h("p", { class: "wbw-hint" }, "Ground truth: graders see it, the agent does not."))),
      h("footer", { class: "wbw-bottom" }, this.#status.el, h("span", { class: "wbw-group" }, h("span", { class: "wbw-asleep" }, "click here to use the keys"),
        button("Previous", () => this.#go(this.#at - 1), { key: "k", class: "wbw-quiet" }), button("Next", () => this.#go(this.#at + 1), { key: "j", class: "wbw-quiet" }), this.#save)),
    );
    return h("div", { class: "wbw-frame" }, root).firstElementChild as HTMLElement;
  }

  get #id(): string {
    return this.#items[this.#at]?.session_id ?? "";
  }

  #fresh(): Pick {
    const preview = this.#previews.get(this.#id);
    return { turn: preview?.turn ?? null, expected_output: preview?.expected_output ?? "", criteria: preview?.criteria ?? "" };
  }

  #go(index: number): void {
    if (this.#items.length === 0) {
      this.#say("There is no session to promote.");
      this.#draw();
      return;
    }
    this.#at = Math.max(0, Math.min(index, this.#items.length - 1));
    this.#draw();
    const row = this.#rows[this.#at] as HTMLElement;
    const list = this.#list.parentElement as HTMLElement;
    if (row.offsetTop < list.scrollTop || row.offsetTop + row.offsetHeight > list.scrollTop + list.clientHeight) list.scrollTop = row.offsetTop - list.clientHeight / 2;
    const id = this.#id;
    if (this.#previews.has(id)) return;
    this.#link.ask({ kind: "fetch", session_id: id }).then(
      ({ content }) => {
        this.#previews.set(id, content["preview"] as Preview);
        for (const old of this.#previews.keys()) if (this.#previews.size > KEPT && old !== id) this.#previews.delete(old);
        if (!this.signal.aborted && this.#id === id) {
          this.#say("");
          this.#draw();
        }
      },
      (error: unknown) => {
        if (this.#id === id) this.#say(`This session cannot be shown: ${error instanceof Error ? error.message : String(error)}`);
      },
    );
  }

  #toggle(): void {
    if (this.#id === "" || !this.#previews.has(this.#id)) return;
    this.#drafts.toggle(this.#id, this.#fresh());
    this.#draw();
  }

  #edit(change: Partial<Pick>): void {
    if (!this.#previews.has(this.#id)) return;
    this.#drafts.edit(this.#id, this.#fresh(), change);
    this.#overview();
  }

  #turnBy(by: number): void {
    const preview = this.#previews.get(this.#id);
    if (preview === undefined) return;
    const now = preview.turns.findIndex(({ turn }) => turn === (this.#drafts.of(this.#id)?.turn ?? preview.turn));
    const to = preview.turns[now + by];
    if (to === undefined) return;
    // what was said of the session is about the turn that it was said of
    const own = this.#drafts.of(this.#id) ?? this.#fresh();
    const about = (turn: number | null) => (turn === preview.turn ? { expected_output: preview.expected_output, criteria: preview.criteria } : { expected_output: "", criteria: "" });
    const was = about(own.turn);
    const kept = own.expected_output !== was.expected_output || own.criteria !== was.criteria;
    this.#edit({ turn: to.turn, ...(kept ? {} : about(to.turn)) });
    this.#draw();
  }

  #send(): void {
    if (this.#outbox.waiting.length > 0) return;
    if (this.#drafts.size === 0) {
      this.#say("Nothing is picked yet: press x on a session.");
      return;
    }
    this.#say("");
    this.#outbox.add({ picks: this.#drafts.all() });
  }

  #delivered(delivery: Delivery): void {
    this.#status.show(delivery, this.#link.alive);
    this.#save.disabled = delivery.state === "saving";
  }

  #saved(change: Change, reply: Reply): void {
    this.#drafts.settle((change["picks"] ?? []) as (Pick & { session_id: string })[]);
    for (const id of (reply["there"] ?? []) as string[]) this.#there.add(id);
    this.#say(String(reply["sentence"] ?? ""));
    this.#draw();
  }

  #say(text: string): void {
    this.#notice.hidden = text === "";
    this.#notice.textContent = visible(text);
  }

  #overview(): void {
    this.#items.forEach((item, index) => {
      const row = this.#rows[index] as HTMLElement;
      const picked = this.#drafts.of(item.session_id) !== undefined;
      const there = this.#there.has(item.session_id);
      row.classList.toggle("wbw-current", index === this.#at);
      row.setAttribute("aria-selected", picked ? "true" : "false");
      if (index === this.#at) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
      fill(row, h("span", { class: "wbw-glyph", "aria-hidden": "true" }, picked ? "☑" : "☐"), h("span", { class: "wbw-gist" }, oneLine(item.gist, 90) || visible(item.session_id)),
        (there || item.mode !== "") && h("span", { class: "wbw-pick-facts" }, there && h("span", { class: "wbw-pick-there" }, "✓ in the dataset"), item.mode !== "" && h("span", {}, oneLine(item.mode, 40))));
    });
    const picked = this.#drafts.of(this.#id) !== undefined;
    this.#pick.setAttribute("aria-pressed", picked ? "true" : "false");
    (this.#pick.firstElementChild as HTMLElement).textContent = picked ? "Picked" : "Pick";
    this.#progress.textContent = `${count(this.#drafts.size)} picked of ${plural(this.#items.length, "session")}`;
  }

  #draw(): void {
    this.#overview();
    const preview = this.#previews.get(this.#id);
    const pick = this.#drafts.of(this.#id) ?? this.#fresh();
    for (const [field, text] of [[this.#expected, pick.expected_output], [this.#criteria, pick.criteria]] as const) {
      field.disabled = preview === undefined;
      if (field.value !== text) field.value = text;
    }
    if (preview === undefined) {
      fill(this.#middle, h("p", { class: "wbw-empty" }, this.#items.length > 0 ? "Opening the session…" : ""));
      this.#turn.textContent = "";
      return;
    }
    const turn = pick.turn ?? preview.turn;
    const end = preview.turns.find((each) => each.turn === turn)?.end ?? preview.messages.length;
    this.#turn.textContent = `${turn} of ${preview.turns.map((each) => each.turn).at(-1) ?? turn}: the agent is handed ${plural(end, "message")}`;
    fill(this.#middle, ...preview.messages.slice(0, end).map((message, index) => drawn(message, index, index === end - 1)));
    this.#middle.scrollTop = this.#middle.scrollHeight;
  }
}

function drawn(message: Message, index: number, last: boolean): HTMLElement {
  const text = h("div", { class: "wbw-text", dir: "auto" });
  text.append(shown(message.text));
  const kind = ["user", "assistant", "tool", "system"].includes(message.role) ? message.role : "user";
  return h("article", { class: `wbw-step wbw-${kind}${last ? " wbw-current" : ""}` },
    h("div", { class: "wbw-line" }, h("span", { class: "wbw-number" }, String(index + 1)), h("span", { class: "wbw-role" }, visible(message.role)), last && h("span", { class: "wbw-chips" }, h("span", { class: "wbw-chip wbw-chip-mark" }, "answered by the agent under test"))),
    h("div", { class: "wbw-body" }, text, message.cut > 0 && h("p", { class: "wbw-cut" }, `✂ ${plural(message.cut, "character")} not shown here; the case has them`)));
}
