import { h } from "../shared/dom";
import { visible } from "../shared/text";
import { Typed, type TypedHost } from "./typed";
import type { Session } from "../shared/session";
import type { Answer, Label, Question } from "./types";

export interface QuestionsHost extends TypedHost {
  answer(name: Answer, value: string | null): void;
  /** The agent's last word, which an edited output starts from. */
  proposal(session: Session): string;
}

interface Asked {
  question: Question;
  row: HTMLElement;
  show(label: Label, session: Session, other: boolean): void;
  focus(): void;
  typed?: Typed;
}

const MOST_BUTTONS = 11;
const nameOf = (question: Question): Answer => `answer: ${question.name}`;

/** The form of the queue's rubric: buttons where the answers are few, fields where they are not. */
export class Questions {
  readonly el = h("div", { class: "wbw-questions" });
  #asked: Asked[] = [];
  #label: Label = { revision: 0 };
  #session: Session | null = null;

  constructor(questions: readonly Question[], private host: QuestionsHost, signal: AbortSignal) {
    for (const question of questions) {
      const asked = choices(question).length > 0 ? this.#buttons(question) : this.#text(question, signal);
      this.#asked.push(asked);
      this.el.append(asked.row);
    }
  }

  /** Required questions without an answer. */
  get missing(): string[] {
    return this.#asked.filter((each) => each.question.required && this.#open(each)).map((each) => each.question.name);
  }

  show(session: Session, label: Label): void {
    const other = this.#session?.session_id !== session.session_id;
    this.#label = label;
    this.#session = session;
    for (const each of this.#asked) {
      each.show(label, session, other);
      each.row.classList.toggle("wbw-answered", !this.#open(each) && !each.question.closed);
    }
  }

  /** To the first question without an answer: a required one if there is one; else the first of all. */
  focus(): void {
    const open = this.#asked.filter((each) => this.#open(each));
    const to = open.find((each) => each.question.required) ?? open[0] ?? this.#asked.find((each) => !each.question.closed);
    to?.focus();
  }

  commit(): void {
    for (const each of this.#asked) each.typed?.commit();
  }

  #open(asked: Asked): boolean {
    return !asked.question.closed && (this.#label[nameOf(asked.question)] ?? null) === null;
  }

  #after(question: Question): void {
    const place = this.#asked.findIndex((each) => each.question === question);
    const next = this.#asked.slice(place + 1).find((each) => this.#open(each));
    if (next === undefined) this.host.leaveField();
    else next.focus();
  }

  #buttons(question: Question): Asked {
    const offered = choices(question);
    const group = h("div", { class: "wbw-choices", role: "group", "aria-label": told(question) });
    const presses = offered.map((value, place) => {
      const press = h("button", { type: "button", class: "wbw-choice", disabled: question.closed, "aria-pressed": "false" }, visible(value));
      press.addEventListener("click", () => this.#pick(question, value));
      if (offered.length <= 9 && question.kind !== "score") press.append(h("kbd", { "aria-hidden": "true" }, String(place + 1)));
      group.append(press);
      return press;
    });
    group.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const at = presses.indexOf(document.activeElement as HTMLButtonElement);
      // the digits of a score are the score itself
      const digit = /^\d$/.test(event.key) ? (question.kind === "score" ? event.key : offered[Number(event.key) - 1]) : undefined;
      if (digit !== undefined && offered.includes(digit)) {
        this.#pick(question, digit);
        this.#after(question);
      } else if (event.key === "ArrowRight" || event.key === "ArrowLeft") {
        presses[(at + (event.key === "ArrowRight" ? 1 : -1) + presses.length) % presses.length]?.focus({ preventScroll: true });
      } else if (event.key === "Escape") this.host.leaveField();
      else if (digit === undefined && !/^\d$/.test(event.key)) return;
      event.preventDefault();
      event.stopPropagation();
    });
    return {
      question,
      row: rowOf(question, group),
      show: (label) => {
        const answer = label[nameOf(question)] ?? null;
        presses.forEach((press, place) => press.setAttribute("aria-pressed", String(answer !== null && same(answer, offered[place] as string))));
      },
      focus: () => {
        const current = presses.find((press) => press.getAttribute("aria-pressed") === "true") ?? presses[0];
        current?.focus();
      },
    };
  }

  #pick(question: Question, value: string): void {
    const now = this.#label[nameOf(question)] ?? null;
    this.host.answer(nameOf(question), now !== null && same(now, value) ? null : value);
  }

  #text(question: Question, signal: AbortSignal): Asked {
    const number = question.kind === "score";
    const field = number
      ? h("input", { class: "wbw-field", type: "text", inputmode: "decimal", "aria-label": told(question), placeholder: `${question.values[0]} to ${question.values[1]}`, disabled: question.closed })
      : h("textarea", { class: "wbw-field", rows: question.kind === "text" ? 2 : 4, "aria-label": told(question), placeholder: hints[question.kind] ?? "", disabled: question.closed });
    const start = () => (question.kind === "edited output" && this.#session !== null ? this.host.proposal(this.#session) : "");
    const keep = () => {
      if (this.#session === null) return;
      const text = field.value.trim() === "" || field.value === start() ? null : field.value.trim();
      if ((this.#label[nameOf(question)] ?? null) !== text) this.host.answer(nameOf(question), text);
    };
    const typed = new Typed(field, keep, this.host, question.kind === "edited output" || question.kind === "criteria", signal);
    return {
      question,
      typed,
      row: rowOf(question, field),
      show: (label, _session, other) => typed.show(label[nameOf(question)] ?? "", other),
      focus: () => {
        if (field.value === "") field.value = start();
        field.focus();
      },
    };
  }
}

const hints: Partial<Record<Question["kind"], string>> = {
  criteria: "what a right answer fulfils, one a line",
  "edited output": "what the agent should have answered",
};

function choices(question: Question): string[] {
  if (question.kind === "binary") return ["pass", "fail"];
  if (question.kind === "categorical") return question.values.map(String);
  const [low, high] = question.values.map(Number);
  if (question.kind !== "score" || low === undefined || high === undefined || !Number.isInteger(low) || !Number.isInteger(high) || high - low >= MOST_BUTTONS) return [];
  return Array.from({ length: high - low + 1 }, (_, step) => String(low + step));
}

const same = (one: string, other: string): boolean => one === other || (one !== "" && other !== "" && Number(one) === Number(other));
const told = (question: Question): string => `${visible(question.name)}${question.closed ? " (for experts)" : question.required ? " (required)" : ""}`;

function rowOf(question: Question, control: HTMLElement): HTMLElement {
  const mark = question.closed ? h("span", { class: "wbw-hint" }, "for experts") : question.required && h("span", { class: "wbw-required" }, "required");
  return h("div", { class: "wbw-question" }, h("div", { class: "wbw-heading" }, h("span", {}, visible(question.name)), mark), !question.closed && control);
}
