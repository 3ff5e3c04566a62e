import type { AnyModel } from "@anywidget/types";

import { button, fill, h } from "../shared/dom";
import { guardFocus } from "../shared/focus";
import { type Action, bindKeys } from "../shared/keys";
import { type Channel, Link } from "../shared/link";
import { type Delivery, Outbox } from "../shared/outbox";
import { count, plural, visible } from "../shared/text";
import { helpCard } from "../shared/help";
import { Status } from "../shared/status";
import { Editor } from "./editor";
import { ModeList, SessionList } from "./list";
import { PointMap } from "./map";
import { Reading } from "./reading";
import { Painter } from "./painter";
import { offered } from "./together";
import { type Mode, type Traits, floats, numbers, strings } from "./types";

/** The map, its modes, and what is done to them. The kernel's word on the modes is the only one: nothing is guessed here. */
export class View {
  readonly root: HTMLElement;
  readonly map: PointMap;
  readonly #link: Link;
  readonly #outbox: Outbox;
  readonly #status: Status;
  readonly #list: ModeList;
  readonly #sessions: SessionList;
  readonly #painter: Painter;
  readonly #editor: Editor;
  readonly #reading: Reading;
  readonly #ids: string[];
  readonly #lines: string[];
  readonly #says = h("p", { class: "wbw-progress-text" });
  readonly #refused = h("p", { class: "wbw-notice", role: "alert", hidden: true });
  readonly #tools = h("div", { class: "wbw-tools", role: "group", "aria-label": "This mode" });
  #members: Int32Array = new Int32Array();
  #modes: Mode[] = [];
  #current: number | null = null;
  #selection: Int32Array = new Int32Array();
  #at = 0;
  #picked = new Set<number>();
  #help: HTMLElement | null = null;

  constructor(private model: AnyModel<Traits>, signal: AbortSignal) {
    const channel = model as unknown as Channel;
    this.#ids = strings(model.get("ids"));
    this.#lines = strings(model.get("lines"));
    this.#link = new Link(channel, signal);
    this.#status = new Status(() => this.#outbox.retry(), () => this.#discard(), "", model.get("acknowledged"));
    this.map = new PointMap(
      floats(model.get("points")),
      {
        selected: (rows) => this.#select(rows),
        opened: (row) => this.#open(row),
        line: (row) => this.#lines[row] ?? "",
        mode: (row) => this.#name(this.#members[row] ?? -1),
        said: (row) => this.#painter.said(row),
        picked: (row) => this.#pick(row),
      },
      signal,
    );
    this.#list = new ModeList((mode) => this.#choose(mode === this.#current ? null : mode));
    this.#sessions = new SessionList((row) => this.#lines[row] ?? this.#ids[row] ?? "", (row) => this.#open(row), (row) => this.#pick(row));
    this.#editor = new Editor(() => this.root.focus({ preventScroll: true }));
    this.#reading = new Reading(this.#link, () => this.#shut());
    this.#painter = new Painter(
      model.get("columns"),
      this.#link,
      {
        paint: (marks) => {
          this.root.classList.toggle("wbw-by-column", marks !== null);
          this.map.paint(marks);
        },
        dark: () => this.map.dark,
        chosen: (column) => {
          this.model.set("colour", column);
          this.model.save_changes();
          void this.#painter.by(column);
        },
        lit: (rows) => {
          this.#current = null;
          this.#take(rows);
        },
        failed: (why) => this.#notice(why),
        leave: () => this.root.focus({ preventScroll: true }),
      },
      signal,
    );
    this.root = this.#build();
    bindKeys(this.root, this.#actions(), signal);
    guardFocus(this.root, signal);
    this.#outbox = new Outbox(channel, this.#link, model.get("queue"), (delivery) => this.#delivered(delivery), (_change, reply) => this.#notice(typeof reply["refused"] === "string" ? reply["refused"] : ""), signal);
    this.#link.watch((alive) => this.#status.show(this.#outbox.delivery, alive));
    const changed = () => this.#read();
    for (const name of ["membership", "modes"] as const) model.on(`change:${name}`, changed);
    const recoloured = () => void this.#painter.by(model.get("colour"));
    model.on("change:colour", recoloured);
    signal.addEventListener("abort", () => {
      for (const name of ["membership", "modes"] as const) model.off(`change:${name}`, changed);
      model.off("change:colour", recoloured);
      this.#reading.transcript.close();
    });
    this.#read();
    recoloured();
  }

  #build(): HTMLElement {
    const title = this.model.get("title");
    const tool = (name: string, label: string, act: () => void) => {
      const press = h("button", { type: "button", class: "wbw-button wbw-quiet", "aria-label": label, title: label }, name);
      press.addEventListener("click", act);
      return press;
    };
    const root = h(
      "section",
      { class: "wbw-explorer", tabindex: 0, role: "region", "aria-label": "Map of failure modes", "data-lm-suppress-shortcuts": "true" },
      h(
        "header",
        { class: "wbw-top" },
        h(
          "div",
          { class: "wbw-top-line" },
          title !== "" && h("strong", {}, visible(title)),
          this.#says,
          h("span", { class: "wbw-spring" }),
          this.#painter.chooser,
          tool("+", "Zoom in", () => this.map.zoom(1.5)),
          tool("−", "Zoom out", () => this.map.zoom(1 / 1.5)),
          tool("Fit", "Show the whole map", () => this.map.fit()),
          button("Keys", () => this.#toggleHelp(), { key: "?", class: "wbw-quiet" }),
        ),
      ),
      h("div", { class: "wbw-sides" }, h("div", { class: "wbw-ground" }, this.map.el, this.#painter.legend.el), h("aside", { class: "wbw-side", "aria-label": "Modes and sessions" }, this.#refused, this.#list.el, this.#tools, this.#editor.el, this.#sessions.el), this.#reading.el),
      h("footer", { class: "wbw-bottom" }, this.#status.el, h("span", { class: "wbw-spring" }), h("span", { class: "wbw-hint" }, "draw around points to select · Shift: box · Ctrl: move and zoom · click: read"), button("Undo", () => this.#undo(), { key: "u", class: "wbw-quiet" })),
    );
    h("div", { class: "wbw-frame" }, root);
    return root;
  }

  #actions(): Action[] {
    return [
      { keys: ["j", "ArrowDown"], says: "next mode, or step of the open session", repeats: true, run: () => this.#step(1) },
      { keys: ["k", "ArrowUp"], says: "previous mode or step", repeats: true, run: () => this.#step(-1) },
      { keys: ["r"], says: "rename the mode", run: () => this.#rename() },
      { keys: ["m"], says: "merge the mode into another", run: () => this.#merge() },
      { keys: ["x"], says: "not a failure, or a failure again", run: () => this.#retire() },
      { keys: ["a"], says: "move the selected sessions to a mode, known or new", run: () => this.#move() },
      { keys: ["s"], says: "pick the session, or let go of it; Shift and click does the same", run: () => this.#pickHere() },
      { keys: ["t"], says: "the picked sessions, or the selected ones, belong together", run: () => this.#together() },
      { keys: ["u", "Ctrl+z"], says: "undo the last edit", run: () => this.#undo() },
      { keys: ["o"], says: "read a session; then open and close its steps", run: () => this.#openHere() },
      { keys: ["]", "l", "ArrowRight"], says: "next session of the list", repeats: true, run: () => this.#walk(1) },
      { keys: ["[", "h", "ArrowLeft"], says: "previous session of the list", repeats: true, run: () => this.#walk(-1) },
      { keys: ["c"], says: "colour by something else", run: () => this.#painter.focus() },
      { keys: ["."], says: "light the next entry of the legend", repeats: true, run: () => this.#painter.step(1) },
      { keys: [","], says: "light the previous one", repeats: true, run: () => this.#painter.step(-1) },
      { keys: ["+", "="], says: "zoom in", repeats: true, run: () => this.map.zoom(1.25) },
      { keys: ["-"], says: "zoom out", repeats: true, run: () => this.map.zoom(0.8) },
      { keys: ["0"], says: "show the whole map", run: () => this.map.fit() },
      { keys: ["?"], says: "show or hide the keys", run: () => this.#toggleHelp() },
      { keys: ["Escape"], says: "close, select nothing, or leave for the notebook", run: () => this.#leave() },
    ];
  }

  // ---- what is shown

  #read(): void {
    this.#members = numbers(this.model.get("membership"));
    const sizes = new Map<number, number>();
    for (const mode of this.#members) sizes.set(mode, (sizes.get(mode) ?? 0) + 1);
    const total = Math.max(1, this.#members.length);
    this.#modes = this.model
      .get("modes")
      .map((mode, number) => ({ ...mode, number, size: sizes.get(number) ?? 0, share: (sizes.get(number) ?? 0) / total }))
      .filter((mode) => mode.name !== "")
      .sort((a, b) => b.size - a.size || a.number - b.number);
    if (this.#current !== null && !this.#modes.some((mode) => mode.number === this.#current)) this.#current = null;
    const open = sizes.get(-1) ?? 0;
    this.#says.title = this.#says.textContent = `${plural(this.#members.length, "session")} · ${plural(this.#modes.length, "mode")} · ${count(open)} in no mode (${((open / total) * 100).toFixed(1)}%)`;
    this.map.show(this.#members, this.#modes);
    if (this.#current !== null) this.#choose(this.#current);
    else this.#show();
  }

  #showTools(): void {
    const mode = this.#mode();
    const chosen = this.#selection.length > 0;
    fill(
      this.#tools,
      mode !== undefined && button("Rename", () => this.#rename(), { key: "r", class: "wbw-quiet" }),
      mode !== undefined && button("Merge into…", () => this.#merge(), { key: "m", class: "wbw-quiet" }),
      mode !== undefined && button(mode.retired ? "A failure again" : "Not a failure", () => this.#retire(), { key: "x", class: "wbw-quiet" }),
      chosen && button("Move to…", () => this.#move(), { key: "a", class: "wbw-quiet" }),
      ((chosen && mode === undefined && this.#selection.length > 1) || this.#picked.size > 1) && button(this.#picked.size > 1 ? `${count(this.#picked.size)} picked belong together` : "Belong together", () => this.#together(), { key: "t", class: "wbw-quiet" }),
      this.#picked.size > 0 && button("Let go", () => this.#letGo(), { class: "wbw-quiet" }),
    );
  }

  #show(): void {
    this.#list.show(this.#modes, this.#current);
    this.#showTools();
    const mode = this.#mode();
    const chosen = this.#selection.length > 0;
    const { lit } = this.#painter;
    const what = lit !== "" ? `${plural(this.#selection.length, "session")} with ${visible(lit)}` : mode !== undefined ? `${plural(this.#selection.length, "session")} in “${visible(mode.name)}”` : chosen ? `${plural(this.#selection.length, "session")} selected` : "No session selected";
    this.#sessions.show(this.#selection, what);
  }

  #mode(): Mode | undefined {
    return this.#modes.find((mode) => mode.number === this.#current);
  }

  #name(number: number): string {
    return this.#modes.find((mode) => mode.number === number)?.name ?? "in no mode";
  }

  #choose(mode: number | null): void {
    this.#current = mode;
    this.#painter.unlight();
    const rows: number[] = [];
    if (mode !== null) this.#members.forEach((number, row) => number === mode && rows.push(row));
    this.#take(Int32Array.from(rows));
  }

  #select(rows: Int32Array): void {
    this.#current = null;
    this.#painter.unlight();
    this.#take(rows);
  }

  #take(rows: Int32Array): void {
    this.#selection = rows;
    this.#at = 0;
    const lit = new Set(rows);
    this.map.light(rows.length === 0 ? null : (row) => lit.has(row));
    this.model.set("selected", new DataView(rows.slice().buffer));
    this.model.save_changes();
    this.#show();
  }

  #step(by: number): void {
    if (this.#reading.id !== null) {
      this.#reading.transcript.go(this.#reading.transcript.current + by);
      return;
    }
    const at = this.#modes.findIndex((mode) => mode.number === this.#current);
    const next = this.#modes[at < 0 ? (by > 0 ? 0 : this.#modes.length - 1) : Math.max(0, Math.min(this.#modes.length - 1, at + by))];
    if (next !== undefined) this.#choose(next.number);
  }

  #open(row: number): void {
    const id = this.#ids[row];
    if (id === undefined) return;
    const place = Array.prototype.indexOf.call(this.#selection, row) as number;
    if (place >= 0) this.#at = place;
    this.#reading.open(id, this.#lines[row] ?? "");
  }

  #openHere(): void {
    if (this.#reading.id !== null) this.#reading.transcript.toggle(this.#reading.transcript.current);
    else if (this.#selection.length > 0) this.#open(this.#selection[this.#at] as number);
  }

  #walk(by: number): void {
    if (this.#selection.length === 0) return;
    if (this.#reading.id !== null) this.#at = Math.max(0, Math.min(this.#selection.length - 1, this.#at + by));
    this.#open(this.#selection[this.#at] as number);
  }

  #shut(): void {
    this.root.focus({ preventScroll: true });
    this.#reading.shut();
  }

  // ---- what is said

  #edit(event: Record<string, unknown>): void {
    this.#outbox.add(event);
  }

  #rename(): void {
    const mode = this.#mode();
    if (mode !== undefined) this.#editor.rename(mode.name, (into) => this.#edit({ kind: "rename", mode: mode.name, into }));
  }

  #merge(): void {
    const mode = this.#mode();
    if (mode === undefined) return;
    const others = this.#modes.filter((other) => other !== mode).map((other) => other.name);
    this.#editor.pick("Merge into", others, `“${visible(mode.name)}” is gone then; undo brings it back`, (into) => this.#edit({ kind: "merge", mode: mode.name, into }));
  }

  #retire(): void {
    const mode = this.#mode();
    if (mode !== undefined) this.#edit({ kind: mode.retired ? "restore" : "retire", mode: mode.name });
  }

  #move(): void {
    if (this.#selection.length > 0) this.#moveRows([...this.#selection]);
  }

  #moveRows(rows: number[]): void {
    const known = this.#modes.map((mode) => mode.name);
    this.#editor.pick(`Move ${plural(rows.length, "session")} to`, known, "pick a mode, or type a new name to make one", (into) => this.#edit({ kind: "move", into, rows }));
  }

  #pickHere(): void {
    const row = this.#selection[this.#at];
    if (this.#reading.id !== null) this.#pick(this.#ids.indexOf(this.#reading.id));
    else if (row !== undefined) this.#pick(row);
  }

  #pick(row: number): void {
    if (!this.#picked.delete(row)) this.#picked.add(row);
    this.#showPicked();
  }

  #letGo(): void {
    this.#picked.clear();
    this.#showPicked();
    this.root.focus({ preventScroll: true });
  }

  #showPicked(): void {
    this.map.ring(this.#picked);
    this.#sessions.mark(this.#picked);
    this.#showTools();
  }

  #together(): void {
    const rows = this.#picked.size > 1 ? [...this.#picked] : [...this.#selection];
    if (rows.length < 2) {
      this.#notice("nothing is picked that could belong together: draw around two or more sessions, or pick them one by one with s");
      return;
    }
    this.#notice("");
    const { into, merged, open } = offered(rows, this.#members, this.#modes);
    const say = (name: string) => {
      this.#edit({ kind: "together", into: name, rows });
      this.#letGo();
    };
    const these = plural(rows.length, "session");
    if (into === null) {
      this.#editor.pick(`${these} in no mode belong together, in`, this.#modes.map((mode) => mode.name), "type a name to make a mode of them, or pick one", say);
      return;
    }
    if (merged.length === 0 && open === 0) {
      this.#notice(`these ${these} are together already, in “${visible(into.name)}”`);
      return;
    }
    const name = (mode: Mode) => `“${visible(mode.name)}” (${count(mode.size)})`;
    const joins = open > 0 ? `${plural(open, "open session")} ${open === 1 ? "joins" : "join"} ${name(into)}` : "";
    const merges = merged.length > 0 ? `Merge ${merged.map(name).join(", ")} into ${name(into)}${joins === "" ? "" : `; ${plural(open, "open session")} ${open === 1 ? "joins" : "join"}`}` : joins;
    this.#editor.choose(`${these} belong together`, [
      { name: merges, run: () => say(into.name) },
      { name: `Move only these ${count(rows.length)}…`, run: () => this.#moveRows(rows) },
    ]);
  }

  #undo(): void {
    this.#edit({ kind: "undo", undo: "last" });
  }

  /** Why an edit could not be. */
  #notice(why: string): void {
    this.#refused.hidden = why === "";
    this.#refused.textContent = why === "" ? "" : `${why.charAt(0).toUpperCase()}${why.slice(1)}.`;
  }

  #discard(): void {
    this.#outbox.discard();
    this.root.focus({ preventScroll: true });
  }

  #delivered(delivery: Delivery): void {
    this.#status.show(delivery, this.#link.alive);
  }

  // ---- the frame

  #toggleHelp(): void {
    if (this.#help === null) {
      this.#help = helpCard(this.#actions(), () => this.#toggleHelp(), "");
      this.root.append(this.#help);
    } else {
      this.#help.remove();
      this.#help = null;
      this.root.focus({ preventScroll: true });
    }
  }

  #leave(): void {
    if (this.#help !== null) this.#toggleHelp();
    else if (this.#editor.opened) this.#editor.close();
    else if (this.#reading.id !== null) this.#shut();
    else if (this.#selection.length > 0) this.#choose(null);
    else if (this.#picked.size > 0) this.#letGo();
    else (document.activeElement as HTMLElement | null)?.blur();
  }
}
