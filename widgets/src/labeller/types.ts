export type Verdict = "pass" | "fail" | "defer" | "skip";

/** What one reviewer said about one session; `revision` counts the saved changes. */
export interface Label {
  revision: number;
  verdict?: Verdict | null;
  note?: string | null;
  /** What went wrong first. */
  failure_mode?: string | null;
  /** What else did, one a line. */
  other_modes?: string | null;
  first_failure?: string | null;
  root_cause?: string | null;
  expected_output?: string | null;
  flag?: string | null;
  /** The answer to a question of the rubric. */
  [answer: Answer]: string | null | undefined;
}

export type Answer = `answer: ${string}`;
export type Field = Exclude<keyof Label, "revision">;
export type Patch = Partial<Omit<Label, "revision">>;

/** One question of the rubric. */
export interface Question {
  name: string;
  kind: "binary" | "categorical" | "score" | "text" | "edited output" | "criteria";
  required: boolean;
  values: (string | number)[];
  /** For experts, which this reader is not. */
  closed: boolean;
}

/** One span, in the order of the tree. */
export interface Span {
  span: string;
  name: string;
  kind: string;
  depth: number;
  kids: number;
  start: number | null;
  seconds: number | null;
  failed: boolean;
}

export interface Traits {
  ids: string[];
  /** The session behind an item whose key is another. */
  names: Record<string, string>;
  labels: Record<string, Label>;
  rubric: Question[];
  /** What can be asked for beside the sessions. */
  offers: string[];
  modes: string[];
  title: string;
  reviewer: string;
  queue: string;
  session_id: string;
  keymap: Record<string, string>;
  /** Items that enough others have read. */
  taken: string[];
  /** Items whose suggestions are shown before the verdict. */
  first: string[];
  /** The widget is a page of its own: there is no notebook around it. */
  page: boolean;
}
