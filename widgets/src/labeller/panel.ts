import { button, fill, focusIn, h } from "../shared/dom";
import { plural, visible } from "../shared/text";
import { gist } from "../shared/loop";
import { ModeFields, type ModesHost } from "./modes";
import { Questions } from "./questions";
import { drawReviews } from "./reviews";
import { Typed, type TypedHost } from "./typed";
import type { Session, Step, Suggestion } from "../shared/session";
import type { Answer, Label, Question, Verdict } from "./types";

export interface PanelHost extends TypedHost, ModesHost {
  verdict(verdict: Verdict): void;
  note(text: string): void;
  expected(text: string | null): void;
  clear(mark: "first_failure" | "root_cause"): void;
  visit(span: string): void;
  reveal(): void;
  answer(name: Answer, value: string | null): void;
  flag(): void;
  key(action: string): string;
}

const VERDICTS: readonly { verdict: Verdict; name: string; glyph: string }[] = [
  { verdict: "pass", name: "Pass", glyph: "✓" },
  { verdict: "fail", name: "Fail", glyph: "✕" },
  { verdict: "defer", name: "Defer", glyph: "◷" },
  { verdict: "skip", name: "Skip", glyph: "⇥" },
];

/** What the reader says: verdict, note, failure mode, marks, expected output. */
export class Panel {
  readonly el = h("aside", { class: "wbw-panel-side", "aria-label": "Your label" });
  readonly mode: ModeFields;
  readonly questions: Questions;
  readonly #verdicts = new Map<Verdict, HTMLButtonElement>();
  readonly #note = h("textarea", { class: "wbw-field", rows: 4, "aria-label": "Note", placeholder: "The first thing that went wrong, in your words" });
  readonly #expected = h("textarea", { class: "wbw-field", rows: 5, "aria-label": "Expected output" });
  readonly #expectedBox = h("div", { hidden: true });
  readonly #expectedToggle: HTMLButtonElement;
  readonly #marks = h("div", { class: "wbw-marks" });
  readonly #suggestions = h("div", { class: "wbw-suggestions" });
  readonly #reviews = h("div", {});
  readonly #flag: HTMLButtonElement;
  readonly #typed: readonly [Typed, Typed];
  #session: Session | null = null;

  constructor(private host: PanelHost, rubric: readonly Question[], signal: AbortSignal) {
    const group = h("div", { class: "wbw-verdicts", role: "group", "aria-label": "Verdict" });
    for (const { verdict, name, glyph } of VERDICTS) {
      const press = button(name, () => host.verdict(verdict), { key: host.key(verdict), class: `wbw-verdict wbw-verdict-${verdict}` });
      press.prepend(h("span", { class: "wbw-glyph", "aria-hidden": "true" }, glyph));
      this.#verdicts.set(verdict, press);
      group.append(press);
    }
    this.mode = new ModeFields(host);
    this.#typed = [
      new Typed(this.#note, () => this.#session !== null && host.note(this.#note.value), host, false, signal),
      new Typed(this.#expected, () => this.#commitExpected(), host, true, signal),
    ];
    this.questions = new Questions(rubric, { ...host, proposal: answer }, signal);
    this.#flag = button("Flag", () => host.flag(), { key: host.key("flag"), class: "wbw-quiet wbw-flag", title: "To be looked at again, or shown to somebody; says nothing of quality" });
    this.#expectedToggle = button("Expected output", () => this.openExpected(), { key: host.key("expected"), class: "wbw-quiet" });
    this.#expectedBox.append(heading("Expected output", ""), this.#expected);
    this.el.append(
      section(this.#reviews),
      section(group, this.#flag),
      section(heading("Note", host.key("note")), this.#note),
      section(heading("Failure mode", host.key("mode")), this.mode.el),
      section(this.questions.el),
      section(heading("Where it went wrong", ""), this.#marks),
      section(this.#expectedToggle, this.#expectedBox),
      section(this.#suggestions),
    );
  }

  /** Hand over what was typed and not yet said. */
  commit(): void {
    if (this.#session === null) return;
    for (const typed of this.#typed) typed.commit();
    this.mode.commit();
    this.questions.commit();
  }

  focusNote(): void {
    focusIn(this.el, this.#note);
    this.#note.setSelectionRange(this.#note.value.length, this.#note.value.length);
  }

  focusMode(): void {
    focusIn(this.el, this.mode.first.input);
  }

  focusAlso(): void {
    focusIn(this.el, this.mode.next);
  }

  openExpected(): void {
    this.#expectedBox.hidden = false;
    this.#expectedToggle.hidden = true;
    if (this.#expected.value === "") this.#expected.value = answer(this.#session);
    focusIn(this.el, this.#expected);
  }

  show(session: Session, label: Label): void {
    const other = this.#session?.session_id !== session.session_id;
    this.#session = session;
    if (other) drawReviews(this.#reviews, session, (span) => this.host.visit(span));
    for (const [verdict, press] of this.#verdicts) press.setAttribute("aria-pressed", String(label.verdict === verdict));
    this.#flag.setAttribute("aria-pressed", String((label.flag ?? null) !== null));
    const [note, expected] = this.#typed;
    note.show(label.note ?? "", other);
    this.mode.show(label, other);
    if (other || !expected.typing) {
      expected.show(label.expected_output ?? "", other);
      this.#expectedBox.hidden = (label.expected_output ?? null) === null;
      this.#expectedToggle.hidden = !this.#expectedBox.hidden;
    }
    this.questions.show(session, label);
    fill(
      this.#marks,
      this.#mark("first_failure", "⚑", "First failure", label.first_failure ?? null, session),
      this.#mark("root_cause", "◆", "Root cause", label.root_cause ?? null, session),
    );
  }

  /** What software thinks; `first`: it stands above what is asked, since it is to be seen before the verdict. */
  suggestions(list: readonly Suggestion[] | null, held: number, first = false): void {
    const box = this.#suggestions.parentElement as HTMLElement;
    if (first && this.el.firstElementChild !== box) this.el.prepend(box);
    else if (!first && this.el.lastElementChild !== box) this.el.append(box);
    if (list !== null && list.length > 0) {
      fill(
        this.#suggestions,
        heading("Suggestions", ""),
        h("ul", {}, ...list.map((each) => h("li", {}, h("strong", {}, visible(each.source)), " ", visible(each.text)))),
      );
    } else if (held > 0) {
      const one = held === 1;
      fill(
        this.#suggestions,
        h("p", { class: "wbw-hint" }, `${plural(held, "suggestion")} ${one ? "waits" : "wait"} for your verdict, so that yours is your own.`),
        button(`Show ${one ? "it" : "them"} now`, () => this.host.reveal(), { key: this.host.key("reveal"), class: "wbw-quiet", title: "Your label is then stored as given after a suggestion was seen" }),
      );
    } else fill(this.#suggestions);
  }

  #mark(field: "first_failure" | "root_cause", glyph: string, name: string, span: string | null, session: Session): HTMLElement {
    const step = session.steps.find((each) => each.span === span && span !== null);
    const row = h("div", { class: "wbw-mark" }, h("span", { class: "wbw-glyph", "aria-hidden": "true" }, glyph), h("span", { class: "wbw-mark-name" }, name));
    if (span === null) {
      row.append(h("span", { class: "wbw-hint" }, h("kbd", {}, this.host.key(field)), " on the step"));
      return row;
    }
    const what = step === undefined ? "a step that is not shown" : `${step.number} · ${markedName(step)}`;
    const go = h("button", { type: "button", class: "wbw-link", title: "Go to this step" }, what);
    go.addEventListener("click", () => this.host.visit(span));
    const clear = h("button", { type: "button", class: "wbw-clear", "aria-label": `Clear ${name.toLowerCase()}`, title: "Clear" }, "×");
    clear.addEventListener("click", () => this.host.clear(field));
    row.append(go, clear);
    return row;
  }

  #commitExpected(): void {
    if (this.#session === null) return;
    const text = this.#expected.value;
    this.host.expected(text === "" || text === answer(this.#session) ? null : text);
  }
}

const markedName = (step: Step): string => (step.kind === "tool" ? visible(step.tool_name ?? "tool") : gist(step, 28));

/** The agent's last word. */
function answer(session: Session | null): string {
  return session?.steps.filter((step) => step.kind === "assistant" && (step.text ?? "") !== "").at(-1)?.text ?? "";
}

const section = (...children: (Node | string)[]): HTMLElement => h("div", { class: "wbw-section" }, ...children);

function heading(name: string, key: string): HTMLElement {
  return h("div", { class: "wbw-heading" }, h("span", {}, name), key !== "" && h("kbd", { "aria-hidden": "true" }, key));
}
