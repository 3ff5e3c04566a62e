import type { AnyModel } from "@anywidget/types";

import { button, h } from "../shared/dom";
import { guardFocus } from "../shared/focus";
import { bindKeys } from "../shared/keys";
import { type Channel, Link, type Reply } from "../shared/link";
import { type Change, Outbox } from "../shared/outbox";
import { count, plural, visible } from "../shared/text";
import { CodebookPane } from "./codebook";
import { commands, keyOfAction } from "./commands";
import { Company } from "./company";
import { Drawer } from "./drawer";
import { Finder, placeOf } from "./finder";
import { Head } from "./head";
import { Journal } from "./journal";
import { othersOf } from "./modes";
import { Outline } from "./outline";
import { Panel } from "./panel";
import { Reader } from "../shared/reader";
import { Saying } from "./saying";
import { Side } from "./side";
import { Status } from "../shared/status";
import { Transcript } from "../shared/transcript";
import { Tree } from "./tree";
import type { Session, Suggestion } from "../shared/session";
import type { Label, Traits } from "./types";
import { Walk } from "./walk";

/** One view of a labelling queue: what is read, what is said about it, and what became of that. */
export class View {
  readonly root: HTMLElement;
  readonly transcript: Transcript;
  readonly outline: Outline;
  readonly panel: Panel;
  readonly side: Side;
  readonly walk: Walk;
  readonly saying: Saying;
  readonly outbox: Outbox;
  readonly #link: Link;
  readonly #reader: Reader;
  readonly #journal: Journal;
  readonly #status: Status;
  readonly finder: Finder;
  readonly #ids: string[];
  readonly #modes = new Set<string>();
  readonly #first: ReadonlySet<string>;
  readonly #keymap: Record<string, string>;
  readonly #head: Head;
  readonly #company: Company;
  readonly #codebook: CodebookPane;
  readonly #drawer = new Drawer(() => this.root);
  readonly #notice = h("p", { class: "wbw-notice", role: "alert", hidden: true });
  readonly #spoken = h("span", { class: "wbw-aloud", "aria-live": "polite" });
  readonly #middle = h("div", { class: "wbw-middle" });
  readonly #columns = h("div", { class: "wbw-columns" });
  #position = 0;
  #over = 0; // how many were passed over since the last one that was read
  #session: Session | null = null;

  constructor(private model: AnyModel<Traits>, private signal: AbortSignal) {
    const channel = model as unknown as Channel;
    this.#ids = model.get("ids");
    this.#keymap = model.get("keymap");
    this.#first = new Set(model.get("first"));
    for (const name of model.get("modes")) this.#modes.add(name);
    this.#link = new Link(channel, signal);
    this.#reader = new Reader(this.#link);
    this.#journal = new Journal(new Set(this.#ids), model.get("labels"), () => this.outbox?.waiting ?? []);
    for (const label of Object.values(model.get("labels"))) this.#learn(label);
    const remedy = model.get("page") ? "Reload this page to go on." : undefined;
    this.#status = new Status(() => this.outbox.retry(), () => this.#discard(), this.#key("retry"), undefined, remedy);
    this.transcript = new Transcript({
      chosen: (index) => this.walk.goto(index),
      mark: (index, as) => {
        this.walk.goto(index);
        this.saying.mark(as);
      },
      more: (step, field) => this.#reader.more(this.#session?.session_id ?? "", step, field),
    });
    this.outline = new Outline((index) => this.walk.goto(index, "start"));
    this.walk = new Walk(this.transcript, this.outline, () => this.#session, (text) => (this.#spoken.textContent = text));
    this.saying = new Saying(this.#journal, this.#modes, () => this.outbox, {
      session: () => this.#session,
      begin: () => this.#say(null),
      refresh: () => this.#refresh(),
      open: (id) => this.#open(this.#ids.indexOf(id)),
      span: () => this.transcript.step?.span,
    });
    const offers = new Set(model.get("offers"));
    this.#head = this.#top();
    this.#company = new Company(this.#link, offers, model.get("taken"), (sentence) => this.#head.stopping(sentence), signal);
    this.#codebook = new CodebookPane(
      this.#company,
      this.#drawer,
      {
        visit: (session) => this.#jump(session, true) === null,
        code: (sessions, mode) => this.saying.code(sessions.filter((id) => this.#ids.includes(id)), mode),
        known: (modes) => modes.forEach((mode) => this.#modes.add(mode)),
      },
      offers.has("edit"),
      offers.has("suggest"),
    );
    const focus = () => this.root?.focus({ preventScroll: true });
    const tree = new Tree({ go: (span) => this.walk.visit(span), leave: focus });
    this.side = new Side(
      {
        key: (action) => this.#key(action),
        here: () => (this.#session === null ? null : { id: this.#session.session_id, span: this.transcript.step?.span }),
        spans: (id) => this.#company.spans(id),
        problem: (text) => this.#say(text),
        focus,
        resized: (alone, wide) => (this.#columns.className = `wbw-columns${alone ? " wbw-alone" : wide ? " wbw-wide" : ""}`),
      },
      this.outline,
      tree,
      offers.has("spans"),
    );
    this.panel = new Panel(
      {
        verdict: (verdict) => this.saying.say({ verdict }),
        note: (text) => this.saying.text("note", text.trim() === "" ? null : text.trim()),
        mode: (name) => this.saying.mode(name),
        also: (name) => this.saying.also(name),
        other: (name, does) => this.saying.other(name, does),
        expected: (text) => this.saying.text("expected_output", text),
        clear: (mark) => this.saying.say({ [mark]: null }),
        answer: (name, value) => this.saying.say({ [name]: value }),
        flag: () => this.saying.flag(),
        visit: (span) => this.walk.visit(span),
        reveal: () => this.reveal(),
        leaveField: focus,
        saveAndNext: () => this.saveAndNext(),
        key: (action) => this.#key(action),
        modes: () => [...this.#modes],
      },
      model.get("rubric"),
      signal,
    );
    this.finder = new Finder({
      steps: () => this.#session?.steps ?? [],
      go: (index) => {
        this.transcript.openAt(index);
        this.walk.goto(index, "start");
      },
      show: (query, hits) => {
        this.transcript.find(query);
        this.outline.found(hits);
      },
      jump: (where) => this.#jump(where),
      done: focus,
    });
    this.root = this.#build();
    const actions = commands(this, this.#keymap);
    bindKeys(this.root, actions, signal);
    guardFocus(this.root, signal);
    this.outbox = new Outbox(
      channel, this.#link, model.get("queue"), (delivery) => this.#status.show(delivery, this.#link.alive), (change, reply) => this.#saved(change, reply), signal,
    );
    this.#listen(channel);
    const asked = this.#ids.indexOf(model.get("session_id"));
    const first = this.#journal.next(this.#ids, -1, this.#company.taken);
    this.#over = this.#passed;
    this.#open(asked >= 0 ? asked : (first ?? 0), asked >= 0 ? "choice" : first === null ? "end" : "next");
    this.#company.stopping();
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

  #top(): Head {
    const book = this.model.get("offers").includes("codebook") ? [button("Codebook", () => this.codebook(), { key: this.#key("codebook"), class: "wbw-quiet" })] : [];
    const find = button("Search", () => this.finder.open("search"), { key: this.#key("search"), class: "wbw-quiet" });
    const keys = button("Keys", () => this.toggleHelp(), { key: this.#key("help"), class: "wbw-quiet" });
    return new Head(this.model.get("title"), [...book, find, keys], {
      key: (action) => this.#key(action),
      goto: (step) => this.walk.goto(step, "start"),
      segments: () => this.segments(),
    });
  }

  #build(): HTMLElement {
    const back = button("Previous", () => this.move(-1), { key: this.#key("back"), class: "wbw-quiet" });
    const on = button("Next", () => this.move(1), { key: this.#key("forward"), class: "wbw-quiet" });
    const next = button("Save and next", () => this.saveAndNext(), { key: this.#key("next"), class: "wbw-primary" });
    const undo = button("Undo", () => this.saying.undo(), { key: this.#key("undo"), class: "wbw-quiet" });
    this.#middle.append(this.#notice, this.finder.el, this.transcript.el);
    this.#columns.append(this.side.el, this.#middle, this.panel.el);
    const root = h(
      "section",
      { class: "wbw-labeller", tabindex: 0, role: "region", "aria-label": `Label agent sessions as ${visible(this.model.get("reviewer"))}`, "data-lm-suppress-shortcuts": "true" },
      this.#head.el,
      this.#columns,
      h("footer", { class: "wbw-bottom" }, this.#status.el, h("span", { class: "wbw-group" }, h("span", { class: "wbw-asleep" }, "click here to use the keys"), undo, back, on, next)),
      this.#spoken,
    );
    return h("div", { class: this.model.get("page") ? "wbw-frame wbw-page" : "wbw-frame" }, root).firstElementChild as HTMLElement;
  }

  // ---- reading

  /** Open a session: by choice, as the next to be read, or at the end, when nothing is left. */
  #open(position: number, by: Why = "choice"): void {
    const id = this.#ids[position];
    if (id === undefined) {
      this.#say("Nothing to read: the queue is empty.");
      this.#overview();
      return;
    }
    this.panel.commit();
    this.#position = position;
    this.finder.close();
    if (this.model.get("session_id") !== id) {
      this.model.set("session_id", id);
      this.model.save_changes();
    }
    this.#overview();
    this.root.setAttribute("aria-busy", "true");
    const slow = setTimeout(() => this.#say("Opening the session…"), 250);
    this.#reader
      .open(id, this.#first.has(id))
      .then((session) => {
        if (this.signal.aborted || this.#ids[this.#position] !== id) return;
        this.#session = session;
        this.#say(null);
        this.#show(session);
        this.side.load();
        if (by === "end") this.#finished();
        else void this.#hold(id, by);
        const ahead = this.#journal.next(this.#ids, position, this.#company.taken);
        if (ahead !== null) this.#reader.ahead(this.#ids[ahead] as string);
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
    this.#head.show(session);
    this.walk.begin();
    this.#refresh();
  }

  async #hold(id: string, by: Why): Promise<void> {
    const why = await this.#company.hold(id).catch(() => null);
    if (this.signal.aborted || this.#ids[this.#position] !== id) return;
    if (why === null) {
      if (by === "next" && this.#over > 0) this.#say(`${plural(this.#over, "session was", "sessions were")} passed over: others have read or are reading ${this.#over === 1 ? "it" : "them"}, and this queue asks for no more readers of each.`);
      this.#over = 0;
    } else if (this.#journal.verdict(id) === null) {
      if (by === "next") this.#over += 1;
      if (by === "next") this.#next();
      else this.#say(`${why} ${this.#key("next")} goes on to one that is free.`);
    }
  }

  /** How many others have read or are reading, and this reader has not. */
  get #passed(): number {
    return [...this.#company.taken].filter((id) => this.#journal.verdict(id) === null).length;
  }

  /** To the next that is free; where there is none, say so. */
  #next(): void {
    const next = this.#journal.next(this.#ids, this.#position, this.#company.taken);
    if (next !== null) this.#open(next, "next");
    else this.#finished();
  }

  /** What depends on the label alone. */
  #refresh(): void {
    const session = this.#session;
    if (session === null) return;
    const label = this.#journal.label(session.session_id);
    this.transcript.marks(label.first_failure ?? null, label.root_cause ?? null);
    this.outline.marks(label.first_failure ?? null, label.root_cause ?? null);
    this.panel.show(session, label);
    this.panel.suggestions(this.#reader.suggestions(session.session_id), session.held, this.#first.has(session.session_id));
    this.root.dataset["verdict"] = label.verdict ?? "";
    this.#overview();
  }

  #overview(): void {
    const id = this.#ids[this.#position];
    this.#head.overview(this.#position, this.#ids.length, id === undefined ? id : (this.model.get("names")[id] ?? id), this.#journal.counts);
  }

  move(by: number): void {
    const to = this.#position + by;
    if (to >= 0 && to < this.#ids.length) this.#open(to);
  }

  #jump(where: string, exact = false): string | null {
    const near = exact ? this.#ids.indexOf(where) : placeOf(this.#ids, where);
    if (near < 0) return `no session here has the number or id ${where}`;
    this.#open(near);
    return null;
  }

  // ---- saying

  saveAndNext(): void {
    const session = this.#session;
    this.panel.commit();
    if (session !== null && this.#journal.verdict(session.session_id) === null) {
      if (this.#company.taken.has(session.session_id)) {
        this.#next();
        return;
      }
      const [pass, fail, defer, skip, on] = ["pass", "fail", "defer", "skip", "forward"].map((action) => this.#key(action));
      this.#say(`No verdict yet: ${pass} pass, ${fail} fail, ${defer} defer, ${skip} skip; ${on} goes on without one.`);
      return;
    }
    const verdict = session === null ? null : this.#journal.verdict(session.session_id);
    const missing = verdict === "pass" || verdict === "fail" ? this.panel.questions.missing : [];
    if (missing.length > 0) {
      this.#say(`Not complete: ${missing.map(visible).join(", ")} ${missing.length === 1 ? "is" : "are"} required; ${this.#key("question")} goes there, ${this.#key("forward")} goes on without.`);
      this.panel.questions.focus();
      return;
    }
    this.#next();
  }

  /** Say that nothing is left, and what it came to. */
  #finished(): void {
    const { pass, fail, skip, defer } = this.#journal.counts;
    const others = this.#passed;
    const read = others > 0 ? `Nothing is left for you: ${count(this.#ids.length - others)} of ${count(this.#ids.length)} are read` : `All ${count(this.#ids.length)} are read`;
    const over = others > 0 ? `; ${plural(others, "was", "were")} passed over, which others have read or are reading, and this queue asks for no more readers of each` : "";
    const close = this.model.get("page") ? " When it says saved below, this page may be closed." : "";
    this.#say(`${read}: ${count(pass)} pass, ${count(fail)} fail${skip > 0 ? `, ${count(skip)} skipped` : ""}${defer > 0 ? `; ${plural(defer, "is", "are")} still deferred` : ""}${over}.${close}`);
    this.#over = 0;
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
    if (change["undo"] !== undefined || "verdict" in change || "failure_mode" in change) this.#company.stopping();
  }

  /** Every view of the widget hears every answer, so that two views agree. */
  #heard(reply: Reply): void {
    const id = reply["session_id"];
    if (typeof id !== "string" || reply.error !== undefined) return;
    const label = reply["label"] as Label | undefined;
    if (label !== undefined) this.#journal.take(id, label);
    if (label !== undefined) this.#learn(label);
    if (Array.isArray(reply["suggestions"])) this.#reader.revealed(id, reply["suggestions"] as Suggestion[]);
    if (this.#session?.session_id === id) this.#refresh();
    else this.#overview();
  }

  #learn(label: Label): void {
    for (const name of [label.failure_mode, ...othersOf(label)]) if (name) this.#modes.add(name);
  }

  #discard(): void {
    const change = this.outbox.discard();
    if (change !== undefined) this.#journal.dropped(change.operation);
    this.#refresh();
    this.root.focus({ preventScroll: true });
  }

  // ---- the frame

  toggleHelp(): void {
    if (this.#drawer.what === "help") this.#drawer.close();
    else this.#drawer.help(commands(this, this.#keymap));
  }

  codebook(): void {
    if (this.model.get("offers").includes("codebook")) this.#codebook.open();
  }

  segments(): void {
    this.#company.segments(this.#drawer);
  }

  leave(): void {
    if (this.#drawer.close()) return;
    if (this.finder.opened) this.finder.close();
    else if (!this.model.get("page")) (document.activeElement as HTMLElement | null)?.blur();
    else this.root.focus({ preventScroll: true });
  }

  #say(notice: string | null): void {
    this.#notice.hidden = notice === null;
    this.#notice.textContent = notice ?? "";
  }
}

type Why = "choice" | "next" | "end";

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error));
