/** A session that could become a case. */
export interface Item {
  session_id: string;
  gist: string;
  mode: string;
}

/** What is to become of a picked session: its turn, and what a good answer is or has to meet. */
export interface Pick {
  turn: number | null;
  expected_output: string;
  criteria: string;
}

export interface Message {
  role: string;
  text: string;
  /** Characters that were not sent. */
  cut: number;
}

/** A session as it would be handed to an agent: for a turn, its first `end` messages. */
export interface Preview {
  messages: Message[];
  turns: { turn: number; end: number }[];
  turn: number;
  expected_output: string;
  criteria: string;
}

export interface Traits {
  items: Item[];
  there: string[];
  dataset: string;
  author: string;
  queue: string;
}
