import { button, fill, h } from "../shared/dom";
import { plural, visible } from "../shared/text";
import type { Company } from "./company";
import { Completion } from "../shared/completion";
import type { Drawer } from "./drawer";

type Note = [session: string, note: string | null];

interface Book {
  sentence: string;
  modes: { name: string; definition: string | null; sessions: Note[]; count: number; reread: number }[];
  reread: { session_id: string; failure_mode: string; why: string }[];
}

interface Edit {
  kind: "rename" | "merge" | "split" | "define" | "retire";
  name: string;
  into?: string[];
  definition?: string;
  reason?: string;
  assignment?: Record<string, string>;
}

export interface CodebookHost {
  /** Go to a session; false where it is not in this queue. */
  visit(session: string): boolean;
  /** Give sessions of this queue a failure mode; how many it were. */
  code(sessions: readonly string[], mode: string): number;
  known(modes: readonly string[]): void;
}

interface Group {
  name: string;
  notes: Note[];
}

const GROUP_HINT = "↑ ↓ choose · a take the name · n give another · Esc back.";
const HINT = "↑ ↓ choose · r rename · m merge · s split · d define · x retire · Enter its sessions · g group the open notes · Esc back";

/** The codebook: its modes, what is to be read again, and groups of open notes that may become modes. */
export class CodebookPane {
  #book: Book = { sentence: "", modes: [], reread: [] };
  #at = 0;
  #groups: Group[] = [];
  #body: HTMLElement | null = null;
  #list = h("ul", { class: "wbw-modes", role: "listbox", tabindex: 0, "aria-label": "Failure modes" });
  #below = h("div", { class: "wbw-below" });
  #says = h("p", { class: "wbw-hint", role: "status" });
  #reread = h("div", {});

  constructor(private company: Company, private drawer: Drawer, private host: CodebookHost, private edits: boolean, private groups: boolean) {
    this.#list.addEventListener("keydown", (event) => this.#key(event));
    this.#list.addEventListener("click", (event) => {
      const row = (event.target as Element).closest<HTMLElement>("[data-at]");
      if (row !== null) this.#choose(Number(row.dataset["at"]));
    });
  }

  open(): void {
    this.#body = this.drawer.show("codebook", "Codebook", this.edits ? HINT : "");
    this.#body.append(this.#says, this.#list, this.#below, this.#reread);
    this.#book = { sentence: "", modes: [], reread: [] }; // what it was is not acted upon
    this.#draw();
    fill(this.#below);
    this.#list.focus({ preventScroll: true });
    this.#says.textContent = "Reading the codebook…";
    this.#take(this.company.ask<Book>("codebook"), "");
  }

  get #mode(): Book["modes"][number] | undefined {
    return this.#book.modes[this.#at];
  }

  /** Show what came; `follow` is the mode that is chosen in it, wherever it stands now. */
  #take(answer: Promise<Book>, done: string, follow?: string): void {
    answer.then(
      (book) => {
        this.#book = book;
        const there = book.modes.findIndex((mode) => mode.name === follow);
        this.#at = there >= 0 ? there : Math.min(this.#at, Math.max(0, book.modes.length - 1));
        this.host.known(book.modes.map((mode) => mode.name));
        fill(this.#below);
        this.#says.textContent = `${done}${visible(book.sentence)}`;
        this.#draw();
        if (this.drawer.what === "codebook") this.#list.focus({ preventScroll: true });
      },
      (error: unknown) => (this.#says.textContent = `Not done: ${error instanceof Error ? error.message : String(error)}`),
    );
  }

  #edit(edit: Edit, done: string): void {
    this.#take(this.company.ask<Book>("edit", { edit }), `${done} `, edit.into?.[0] ?? edit.name);
  }

  #draw(): void {
    fill(
      this.#list,
      ...this.#book.modes.map((mode, at) =>
        h(
          "li",
          { role: "option", id: `wbw-mode-${at}`, "data-at": at, "aria-selected": at === this.#at ? "true" : "false" },
          h("strong", {}, visible(mode.name)),
          ` ${plural(mode.count, "session")}${mode.sessions.length < mode.count ? `, ${mode.sessions.length} of them read by you` : ""}`,
          mode.reread > 0 && h("span", { class: "wbw-chip wbw-chip-warn" }, `${mode.reread} to read again`),
          mode.definition !== null && h("span", { class: "wbw-hint" }, visible(mode.definition)),
        ),
      ),
    );
    this.#list.setAttribute("aria-activedescendant", `wbw-mode-${this.#at}`);
    fill(
      this.#reread,
      this.#book.reread.length > 0 && h("div", { class: "wbw-heading" }, h("span", {}, "To be read again")),
      h("ul", { class: "wbw-notes" }, ...this.#book.reread.map((each) => h("li", {}, this.#link(each.session_id), ` ${visible(each.failure_mode)}: ${visible(each.why)}`))),
    );
  }

  #choose(at: number): void {
    this.#at = Math.max(0, Math.min(at, this.#book.modes.length - 1));
    this.#draw();
    (this.#list.children[this.#at] as HTMLElement | undefined)?.scrollIntoView?.({ block: "nearest" });
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || event.key === "Tab") return;
    const mode = this.#mode;
    const does: Record<string, (() => void) | false | undefined> = {
      ArrowDown: () => this.#choose(this.#at + 1),
      ArrowUp: () => this.#choose(this.#at - 1),
      j: () => this.#choose(this.#at + 1),
      k: () => this.#choose(this.#at - 1),
      Escape: () => this.drawer.close(),
      g: this.groups && (() => this.#group()),
      ...(mode !== undefined && { Enter: () => this.#sessions(mode) }),
      ...(mode !== undefined && this.edits && {
        r: () => this.#ask(`Rename “${mode.name}” to`, mode.name, (name) => this.#edit({ kind: "rename", name: mode.name, into: [name] }, "Renamed.")),
        d: () => this.#ask(`What belongs to “${mode.name}”, and what does not`, mode.definition ?? "", (definition) => this.#edit({ kind: "define", name: mode.name, definition }, "Defined: earlier labels are to be read again.")),
        x: () => this.#ask(`Why is “${mode.name}” retired`, "", (reason) => this.#edit({ kind: "retire", name: mode.name, reason }, "Retired.")),
        m: () => this.#merge(mode.name),
        s: () => this.#split(mode),
      }),
    };
    const act = does[event.key];
    event.stopPropagation();
    if (!act) return;
    event.preventDefault();
    act();
  }

  #back = (): void => {
    fill(this.#below);
    this.#list.focus({ preventScroll: true });
  };

  #ask(what: string, now: string, done: (text: string) => void, back = this.#back): void {
    const field = h("input", { class: "wbw-field", type: "text", "aria-label": what });
    field.value = now;
    field.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      event.stopPropagation();
      if (event.key === "Enter") event.preventDefault(); // or it would press the button that gets the focus
      if (event.key === "Escape") back();
      else if (event.key === "Enter" && field.value.trim() !== "" && (field.value.trim() !== now || back !== this.#back)) done(field.value.trim());
    });
    fill(this.#below, h("label", {}, `${visible(what)} `, field));
    field.focus();
    field.select();
  }

  #merge(name: string): void {
    const into = new Completion(`Merge “${visible(name)}” into`, () => this.#book.modes.map((mode) => mode.name).filter((each) => each !== name), (chosen) => {
      if (chosen !== null && chosen !== name) this.#edit({ kind: "merge", name, into: [chosen] }, "Merged.");
    }, this.#back);
    fill(this.#below, h("div", {}, `Merge “${visible(name)}” into `, into.el));
    into.input.addEventListener("keydown", (event) => event.stopPropagation());
    into.input.focus();
  }

  #split(mode: Book["modes"][number]): void {
    this.#ask(`Parts of “${mode.name}”, separated by ;`, "", (text) => {
      const parts = [...new Set(text.split(";").map((part) => part.trim()).filter((part) => part !== ""))];
      const picks = new Map<string, HTMLSelectElement>();
      const rows = mode.sessions.map(([session, note]) => {
        const pick = h("select", { class: "wbw-field", "aria-label": `Part of ${visible(session)}` }, h("option", { value: "" }, "to be read again"), ...parts.map((part) => h("option", { value: part }, visible(part))));
        picks.set(session, pick);
        return h("li", {}, pick, " ", this.#link(session), ` ${visible(note ?? "")}`);
      });
      const save = button("Split", () => {
        const assignment = Object.fromEntries([...picks].filter(([, pick]) => pick.value !== "").map(([session, pick]) => [session, pick.value]));
        this.#edit({ kind: "split", name: mode.name, into: parts, assignment }, "Split.");
      }, { class: "wbw-primary" });
      fill(this.#below, h("p", { class: "wbw-hint" }, "Tab from one to the next; a letter picks a part."), h("ul", { class: "wbw-notes" }, ...rows), save);
      (picks.values().next().value ?? save).focus();
    });
  }

  #sessions(mode: Book["modes"][number]): void {
    fill(this.#below, h("div", { class: "wbw-heading" }, h("span", {}, visible(mode.name))), mode.sessions.length === 0 && h("p", { class: "wbw-hint" }, "None of them was read by you."), h("ul", { class: "wbw-notes" }, ...mode.sessions.map(([session, note]) => h("li", {}, this.#link(session), ` ${visible(note ?? "")}`))));
    this.#below.querySelector<HTMLElement>("button")?.focus();
  }

  #group(): void {
    this.#says.textContent = "Grouping the notes…";
    this.company.ask<{ groups: Group[] }>("suggest").then(
      ({ groups }) => {
        this.#groups = groups;
        this.#says.textContent = groups.length === 0 ? "No groups yet: too few notes without a failure mode, or no two alike." : `${plural(groups.length, "group")} of notes; nothing is named until you name it. ${GROUP_HINT}`;
        if (groups.length > 0) this.#drawGroups();
      },
      (error: unknown) => (this.#says.textContent = `No groups: ${error instanceof Error ? error.message : String(error)}`),
    );
  }

  #drawGroups = (): void => {
    fill(this.#below, ...this.#groups.map((group) => this.#groupOf(group)));
    const first = this.#below.querySelector<HTMLElement>(".wbw-group-of");
    if (first === null) this.#back();
    else first.focus();
  };

  #groupOf(group: Group): HTMLElement {
    const taken = (): void => this.#coded(group, group.name);
    const named = (): void => this.#ask("Failure mode of these sessions", group.name, (name) => this.#coded(group, name), this.#drawGroups);
    const row = h(
      "div",
      { class: "wbw-group-of", role: "group", tabindex: 0, "aria-label": `${visible(group.name)}: ${plural(group.notes.length, "session")}` },
      h("strong", {}, visible(group.name)),
      ` ${plural(group.notes.length, "session")} `,
      button("Name it", named, { key: "n", class: "wbw-quiet wbw-small" }),
      button("So named", taken, { key: "a", class: "wbw-quiet wbw-small", title: "Take the suggested name" }),
      h("ul", { class: "wbw-notes" }, ...group.notes.slice(0, 6).map(([session, note]) => h("li", {}, this.#link(session), ` ${visible(note ?? "")}`))),
    );
    const beside = (way: "nextElementSibling" | "previousElementSibling") => (): void => (row[way] as HTMLElement | null)?.focus();
    const does: Record<string, () => void> = {
      a: taken, n: named, Escape: this.#back, ArrowDown: beside("nextElementSibling"), ArrowUp: beside("previousElementSibling"),
      j: beside("nextElementSibling"), k: beside("previousElementSibling"),
    };
    row.addEventListener("keydown", (event) => {
      const act = does[event.key];
      if (act === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      event.stopPropagation();
      act();
    });
    return row;
  }

  #coded(group: Group, name: string): void {
    const coded = this.host.code(group.notes.map(([session]) => session), name);
    this.#groups = this.#groups.filter((each) => each !== group);
    this.#says.textContent = `${plural(coded, "session")} of this queue without a failure mode ${coded === 1 ? "is" : "are"} now “${visible(name)}”; undo takes each back.${this.#groups.length > 0 ? ` ${GROUP_HINT}` : ""}`;
    this.#drawGroups();
  }

  #link(session: string): HTMLElement {
    const go = h("button", { type: "button", class: "wbw-link" }, visible(session));
    go.addEventListener("click", () => {
      if (this.host.visit(session)) this.drawer.close();
      else this.#says.textContent = `${visible(session)} is not in this queue.`;
    });
    return go;
  }
}
