import type { AnyModel } from "@anywidget/types";

import { type Child, button, fill, h } from "../shared/dom";
import { guardFocus } from "../shared/focus";
import { bindKeys } from "../shared/keys";
import { type Channel, Link, type Reply } from "../shared/link";
import { type Change, type Delivery, Outbox } from "../shared/outbox";
import { count, plural, visible } from "../shared/text";
import { commands, keyOfAction } from "./commands";
import { Finder } from "./finder";
import { helpCard } from "./help";
import { Journal } from "./journal";
import { spoken } from "./loop";
import { Outline } from "./outline";
import { Panel } from "./panel";
import { Reader } from "./reader";
import { Status } from "./status";
import { Transcript } from "./transcript";
import type { Label, Patch, Session, Suggestion, Traits } from "./types";

/** One view of a labelling queue: what is read, what is said about it, and what became of that. */
export class View {
  readonly root: HTMLElement;
  readonly transcript: Transcript;
  readonly outline: Outline;
  readonly panel: Panel;
  readonly outbox: Outbox;
  readonly #link: Link;
  readonly #reader: Reader;
  readonly #journal: Journal;
  readonly #status: Status;
  readonly #finder: Finder;
  readonly #ids: string[];
  readonly #modes = new Set<string>();
  readonly #keymap: Record<string, string>;
  readonly #progress = h("span", { class: "wbw-progress-text" });
  readonly #bar = h("span", { class: "wbw-progress-fill" });
  readonly #where = h("span", { class: "wbw-where" });
  readonly #because = h("p", { class: "wbw-because" });
  readonly #facts = h("ul", { class: "wbw-facts", "aria-label": "Facts" });
  readonly #notice = h("p", { class: "wbw-notice", role: "alert", hidden: true });
  readonly #spoken = h("span", { class: "wbw-aloud", "aria-live": "polite" });
  readonly #middle = h("div", { class: "wbw-middle" });
  #help: HTMLElement | null = null;
  #position = 0;
  #session: Session | null = null;

  constructor(private model: AnyModel<Traits>, private signal: AbortSignal) {
    const channel = model as unknown as Channel;
    this.#ids = model.get("ids");
    this.#keymap = model.get("keymap");
    for (const name of model.get("modes")) this.#modes.add(name);
    this.#link = new Link(channel, signal);
    this.#reader = new Reader(this.#link);
    this.#journal = new Journal(new Set(this.#ids), model.get("labels"), () => this.outbox?.waiting ?? []);
    for (const label of Object.values(model.get("labels"))) if (label.failure_mode) this.#modes.add(label.failure_mode);
    this.#status = new Status(() => this.outbox.retry(), () => this.#discard(), this.#key("retry"));
    this.transcript = new Transcript({
      chosen: (index) => this.goto(index),
      mark: (index, as) => {
        this.goto(index);
        this.markHere(as);
      },
      more: (step, field) => this.#reader.more(this.#session?.session_id ?? "", step, field),
    });
    this.outline = new Outline((index) => this.goto(index, "start"));
    this.panel = new Panel(
      {
        verdict: (verdict) => this.say({ verdict }),
        note: (text) => this.#keepText("note", text.trim() === "" ? null : text.trim()),
        mode: (name) => this.#mode(name),
        expected: (text) => this.#keepText("expected_output", text),
        clear: (mark) => this.say({ [mark]: null }),
        visit: (span) => this.goto(Math.max(0, this.#session?.steps.findIndex((step) => step.span === span) ?? 0), "start"),
        reveal: () => this.reveal(),
        leaveField: () => this.root.focus({ preventScroll: true }),
        saveAndNext: () => this.saveAndNext(),
        key: (action) => this.#key(action),
        modes: () => [...this.#modes],
      },
      signal,
    );
    this.#finder = new Finder({
      steps: () => this.#session?.steps ?? [],
      go: (index) => {
        this.transcript.openAt(index);
        this.goto(index, "start");
      },
      show: (query, hits) => {
        this.transcript.find(query);
        this.outline.found(hits);
      },
      jump: (where) => this.#jump(where),
      done: () => this.root.focus({ preventScroll: true }),
    });
    this.root = this.#build();
    const actions = commands(this, this.#keymap);
    bindKeys(this.root, actions, signal);
    guardFocus(this.root, signal);
    this.outbox = new Outbox(
      channel, this.#link, model.get("queue"), (delivery) => this.#delivered(delivery), (change, reply) => this.#saved(change, reply), signal,
    );
    this.#listen(channel);
    const asked = this.#ids.indexOf(model.get("session_id"));
    this.#open(asked >= 0 ? asked : (this.#journal.next(this.#ids, -1) ?? 0));
  }

  #key(action: string): string {
    return keyOfAction(action, this.#keymap);
  }

  #listen(channel: Channel): void {
    const heard = (reply: Reply) => this.#heard(reply);
    const asked = () => {
      const index = this.#ids.indexOf(this.model.get("session_id"));
      if (index >= 0 && index !== this.#position) this.#open(index);
    };
    const modes = () => this.model.get("modes").forEach((name) => this.#modes.add(name));
    channel.on("msg:custom", heard);
    this.model.on("change:session_id", asked);
    this.model.on("change:modes", modes);
    this.#link.watch((alive) => this.#status.show(this.outbox.delivery, alive));
    window.addEventListener("pagehide", () => this.panel.commit(), { signal: this.signal });
    this.signal.addEventListener("abort", () => {
      this.panel.commit();
      this.transcript.close();
      channel.off("msg:custom", heard);
      this.model.off("change:session_id", asked);
      this.model.off("change:modes", modes);
    });
  }

  #build(): HTMLElement {
    const back = button("Previous", () => this.move(-1), { key: this.#key("back"), class: "wbw-quiet" });
    const on = button("Next", () => this.move(1), { key: this.#key("forward"), class: "wbw-quiet" });
    const next = button("Save and next", () => this.saveAndNext(), { key: this.#key("next"), class: "wbw-primary" });
    const keys = button("Keys", () => this.toggleHelp(), { key: this.#key("help"), class: "wbw-quiet" });
    const find = button("Search", () => this.openSearch(), { key: this.#key("search"), class: "wbw-quiet" });
    const undo = button("Undo", () => this.undo(), { key: this.#key("undo"), class: "wbw-quiet" });
    this.#middle.append(this.#notice, this.#finder.el, this.transcript.el);
    const title = this.model.get("title");
    const root = h(
      "section",
      { class: "wbw-labeller", tabindex: 0, role: "region", "aria-label": `Label agent sessions as ${visible(this.model.get("reviewer"))}`, "data-lm-suppress-shortcuts": "true" },
      h(
        "header",
        { class: "wbw-top" },
        h("div", { class: "wbw-top-line" }, title !== "" && h("strong", { class: "wbw-title" }, visible(title)), this.#where, h("span", { class: "wbw-progress", "aria-hidden": "true" }, this.#bar), this.#progress, h("span", { class: "wbw-group" }, find, keys)),
        this.#because,
        this.#facts,
      ),
      h("div", { class: "wbw-columns" }, this.outline.el, this.#middle, this.panel.el),
      h("footer", { class: "wbw-bottom" }, this.#status.el, h("span", { class: "wbw-group" }, h("span", { class: "wbw-asleep" }, "click here to use the keys"), undo, back, on, next)),
      this.#spoken,
    );
    return h("div", { class: "wbw-frame" }, root).firstElementChild as HTMLElement;
  }

  // ---- reading

  #open(position: number): void {
    const id = this.#ids[position];
    if (id === undefined) {
      this.#say("Nothing to read: the queue is empty.");
      this.#overview();
      return;
    }
    this.panel.commit();
    this.#position = position;
    this.#finder.close();
    if (this.model.get("session_id") !== id) {
      this.model.set("session_id", id);
      this.model.save_changes();
    }
    this.#overview();
    this.root.setAttribute("aria-busy", "true");
    const slow = setTimeout(() => this.#say("Opening the session…"), 250);
    this.#reader
      .read(id)
      .then((session) => {
        if (this.signal.aborted || this.#ids[this.#position] !== id) return;
        this.#session = session;
        this.#say(null);
        this.#show(session);
        const ahead = this.#journal.next(this.#ids, position);
        if (ahead !== null) this.#reader.read(this.#ids[ahead] as string).catch(() => undefined);
      })
      .catch((error: unknown) => {
        if (this.#ids[this.#position] !== id) return;
        this.#session = null;
        this.transcript.load({ session_id: id, because: "", facts: [], signals: [], steps: [], held: 0 });
        this.#say(`This session cannot be shown: ${reason(error)}`);
      })
      .finally(() => {
        clearTimeout(slow);
        if (this.#ids[this.#position] === id) this.root.removeAttribute("aria-busy");
      });
  }

  #show(session: Session): void {
    const label = this.#journal.label(session.session_id);
    this.transcript.marks(label.first_failure ?? null, label.root_cause ?? null);
    this.transcript.load(session);
    this.outline.load(session);
    this.#because.textContent = session.because === "" ? "" : `Why this one: ${visible(session.because)}`;
    fill(
      this.#facts,
      ...session.facts.map(([name, value]) => fact(name, visible(value))),
      ...session.signals.map((signal) => {
        const step = session.steps.findIndex((each) => each.number === signal.number);
        const value = step < 0 ? visible(signal.text) : h("button", { type: "button", class: "wbw-link", onclick: () => this.goto(step, "start") }, `${visible(signal.text)} (step ${signal.number})`);
        return fact(signal.name, value);
      }),
    );
    this.#refresh();
  }

  /** What depends on the label alone. */
  #refresh(): void {
    const session = this.#session;
    if (session === null) return;
    const label = this.#journal.label(session.session_id);
    this.transcript.marks(label.first_failure ?? null, label.root_cause ?? null);
    this.outline.marks(label.first_failure ?? null, label.root_cause ?? null);
    this.panel.show(session, label);
    this.panel.suggestions(this.#reader.suggestions(session.session_id), session.held);
    this.root.dataset["verdict"] = label.verdict ?? "";
    this.#overview();
  }

  #overview(): void {
    const { pass, fail, defer, skip } = this.#journal.counts;
    const total = this.#ids.length;
    const done = pass + fail + skip;
    const id = this.#ids[this.#position];
    fill(this.#where, h("strong", {}, `Session ${count(total === 0 ? 0 : this.#position + 1)} of ${count(total)}`), id !== undefined && h("code", { title: visible(id) }, visible(id)));
    const parts = [`${count(done)} of ${count(total)} done`, `${count(pass)} pass`, `${count(fail)} fail`];
    if (defer > 0) parts.push(`${count(defer)} deferred`);
    if (skip > 0) parts.push(`${count(skip)} skipped`);
    this.#progress.textContent = parts.join(" · ");
    this.#bar.style.width = `${total === 0 ? 0 : (done / total) * 100}%`;
  }

  goto(index: number, how: "nearest" | "start" = "nearest"): void {
    const session = this.#session;
    if (session === null || session.steps.length === 0) return;
    this.transcript.go(index, how);
    this.outline.go(this.transcript.current);
    const step = this.transcript.step;
    if (step !== undefined) this.#spoken.textContent = spoken(step, session.steps.length);
  }

  step(by: number): void {
    this.goto(this.transcript.current + by);
  }

  toggle(): void {
    this.transcript.toggle(this.transcript.current);
  }

  error(by: 1 | -1): void {
    const index = this.transcript.nextError(by);
    if (index === null) this.#spoken.textContent = by > 0 ? "No error after this step" : "No error before this step";
    else this.goto(index);
  }

  move(by: number): void {
    const to = this.#position + by;
    if (to >= 0 && to < this.#ids.length) this.#open(to);
  }

  openSearch(): void {
    this.#finder.open("search");
  }

  askWhere(): void {
    this.#finder.open("jump");
  }

  hit(by: 1 | -1): void {
    this.#finder.next(by);
  }

  #jump(where: string): string | null {
    const number = /^\d+$/.test(where) ? Number(where) - 1 : -1;
    const exact = this.#ids.indexOf(where);
    const near = exact >= 0 ? exact : this.#ids[number] !== undefined ? number : this.#ids.findIndex((id) => id.includes(where));
    if (near < 0) return `no session here has the number or id ${where}`;
    this.#open(near);
    return null;
  }

  // ---- saying

  /** Say something about this session; it is on its way to disk at once. */
  say(patch: Patch): void {
    const session = this.#session;
    if (session === null) return;
    const before = this.#journal.label(session.session_id);
    const revision = this.#journal.acknowledged(session.session_id).revision;
    const operation = this.outbox.add({ session_id: session.session_id, revision, ...patch });
    this.#journal.did(operation, session.session_id, before, patch);
    this.#refresh();
    this.#say(null);
  }

  #keepText(field: "note" | "expected_output", text: string | null): void {
    const id = this.#session?.session_id;
    if (id !== undefined && (this.#journal.label(id)[field] ?? null) !== text) this.say({ [field]: text });
  }

  #mode(name: string | null): void {
    const id = this.#session?.session_id;
    if (id === undefined) return;
    const label = this.#journal.label(id);
    if ((label.failure_mode ?? null) === name) return;
    if (name !== null) this.#modes.add(name);
    // a failure mode without a verdict says that it failed
    this.say(name !== null && !label.verdict ? { failure_mode: name, verdict: "fail" } : { failure_mode: name });
  }

  markHere(as: "first_failure" | "root_cause"): void {
    const step = this.transcript.step;
    if (this.#session === null || step === undefined) return;
    const marked = this.#journal.label(this.#session.session_id)[as] === step.span;
    this.say({ [as]: marked ? null : step.span });
  }

  saveAndNext(): void {
    const session = this.#session;
    this.panel.commit();
    if (session !== null && this.#journal.verdict(session.session_id) === null) {
      const [pass, fail, defer, skip, on] = ["pass", "fail", "defer", "skip", "forward"].map((action) => this.#key(action));
      this.#say(`No verdict yet: ${pass} pass, ${fail} fail, ${defer} defer, ${skip} skip; ${on} goes on without one.`);
      return;
    }
    const next = this.#journal.next(this.#ids, this.#position);
    if (next !== null) this.#open(next);
    else {
      const { pass, fail, skip, defer } = this.#journal.counts;
      this.#say(`All ${count(this.#ids.length)} are read: ${count(pass)} pass, ${count(fail)} fail${skip > 0 ? `, ${count(skip)} skipped` : ""}${defer > 0 ? `; ${plural(defer, "is", "are")} still deferred` : ""}.`);
    }
  }

  undo(): void {
    const last = this.#journal.last();
    const undo = last === null ? { session_id: null, undo: "last" } : { session_id: last.session_id, undo: last.operation, restores: last.before };
    this.outbox.add({ ...undo, revision: last === null ? null : this.#journal.acknowledged(last.session_id).revision });
    if (last !== null && last.session_id !== this.#session?.session_id) this.#open(this.#ids.indexOf(last.session_id));
    else this.#refresh();
  }

  reveal(): void {
    const session = this.#session;
    if (session === null || session.held === 0 || this.#reader.suggestions(session.session_id) !== null) return;
    this.#link.ask({ kind: "reveal", session_id: session.session_id }).catch((error: unknown) => this.#say(`The suggestions cannot be shown: ${reason(error)}`));
  }

  #saved(change: Change, reply: Reply): void {
    const id = reply["session_id"] as string | null;
    if (change["undo"] === "last") {
      const index = id === null ? -1 : this.#ids.indexOf(id);
      if (id === null) this.#say("Nothing is left to undo.");
      else if (index >= 0 && index !== this.#position) this.#open(index);
    }
    this.#refresh();
  }

  /** Every view of the widget hears every answer, so that two views agree. */
  #heard(reply: Reply): void {
    const id = reply["session_id"];
    if (typeof id !== "string" || reply.error !== undefined) return;
    const label = reply["label"] as Label | undefined;
    if (label !== undefined) this.#journal.take(id, label);
    if (label?.failure_mode) this.#modes.add(label.failure_mode);
    if (Array.isArray(reply["suggestions"])) this.#reader.revealed(id, reply["suggestions"] as Suggestion[]);
    if (this.#session?.session_id === id) this.#refresh();
    else this.#overview();
  }

  #delivered(delivery: Delivery): void {
    this.#status.show(delivery, this.#link.alive);
  }

  #discard(): void {
    const change = this.outbox.discard();
    if (change !== undefined) this.#journal.dropped(change.operation);
    this.#refresh();
    this.root.focus({ preventScroll: true });
  }

  // ---- the frame

  toggleHelp(): void {
    if (this.#help === null) {
      this.#help = helpCard(commands(this, this.#keymap), () => this.toggleHelp());
      this.root.append(this.#help);
    } else {
      this.#help.remove();
      this.#help = null;
      this.root.focus({ preventScroll: true });
    }
  }

  leave(): void {
    if (this.#help !== null) this.toggleHelp();
    else if (this.#finder.opened) this.#finder.close();
    else (document.activeElement as HTMLElement | null)?.blur();
  }

  #say(notice: string | null): void {
    this.#notice.hidden = notice === null;
    this.#notice.textContent = notice ?? "";
  }
}

const fact = (name: string, value: Child): HTMLElement => h("li", {}, h("span", { class: "wbw-fact" }, visible(name)), " ", value);
const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error));
