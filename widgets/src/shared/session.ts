/** A session as the kernel sends it. */

export interface Step {
  number: number;
  turn: number | null;
  kind: "system" | "user" | "assistant" | "tool" | "retrieval" | "error";
  text: string | null;
  tool_name: string | null;
  tool_arguments: string | null;
  tool_result: string | null;
  error: string | null;
  seconds: number | null;
  model: string | null;
  /** "trace_id/span_id": what a mark on this step points to. */
  span: string;
  /** Characters of a field that were not sent and can be asked for. */
  more?: Partial<Record<Payload, number>>;
  /** Characters of a field that whoever made the evidence left out; gone from here. */
  cuts?: Partial<Record<Payload, number>>;
}

export type Payload = "text" | "tool_arguments" | "tool_result" | "error";

export interface Signal {
  name: string;
  text: string;
  number: number | null;
}

export interface Session {
  session_id: string;
  because: string;
  facts: [string, string][];
  signals: Signal[];
  steps: Step[];
  /** How many suggestions wait until a verdict is given. */
  held: number;
  /** What reviewers said who have all committed; only for who settles what they disagree on. */
  reviews?: Review[];
}

export interface Review {
  reviewer: string;
  verdict: string | null;
  failure_mode: string | null;
  note: string | null;
  first_failure: string | null;
  root_cause: string | null;
  answers: [string, string][];
}

export interface Suggestion {
  source: string;
  text: string;
}
