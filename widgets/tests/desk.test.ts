import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { Question, Span } from "../src/labeller/types";
import { Kernel, STEPS, mount, session, settle, step } from "./bench";

beforeEach(() => {
  vi.useFakeTimers();
  sessionStorage.clear();
});
afterEach(() => {
  vi.useRealTimers();
  document.body.replaceChildren();
});

const RUBRIC: Question[] = [
  { name: "tone", kind: "score", required: true, values: [1, 5], closed: false },
  { name: "outcome", kind: "categorical", required: false, values: ["right", "partly", "wrong"], closed: false },
  { name: "criteria", kind: "criteria", required: true, values: [], closed: false },
  { name: "legal", kind: "text", required: true, values: [], closed: true },
];

/** A kernel that answers the questions beside the sessions from a table. */
function beside(answers: Record<string, (message: Record<string, unknown>) => { content?: Record<string, unknown>; body?: unknown }>): Kernel {
  const kernel = new Kernel();
  const answer = kernel.answer;
  kernel.answer = (message) => (answers[message["kind"] as string] ?? answer)(message);
  return kernel;
}

describe("the form of the rubric", () => {
  it("is answered by digits, one question after the other, and each answer is saved", async () => {
    const { press, kernel } = await mount({ rubric: RUBRIC });
    press("q");
    press("4", {}, document.activeElement as Element);
    press("2", {}, document.activeElement as Element);
    expect(kernel.label("a")).toMatchObject({ "answer: tone": "4", "answer: outcome": "partly" });
    expect((document.activeElement as HTMLElement).getAttribute("aria-label")).toBe("criteria (required)");
    press("u"); // a field keeps its letters; the page takes back what was said last
    expect(kernel.label("a")["answer: outcome"]).toBeUndefined();
    expect(kernel.label("a")["answer: tone"]).toBe("4");
  });

  it("names what is required and missing, and asks nobody what is for experts", async () => {
    const { press, find, type } = await mount({ rubric: RUBRIC });
    press("p");
    press("Enter");
    expect(find("[role=alert]").textContent).toContain("Not complete: tone, criteria are required");
    press("5", {}, document.activeElement as Element);
    const field = find<HTMLTextAreaElement>("textarea[aria-label='criteria (required)']");
    type(field, "says that it was refused");
    press("Escape", {}, field);
    press("Enter");
    await settle();
    expect(find(".wbw-where").textContent).toContain("Session 2 of 3");
    expect(find(".wbw-questions").textContent).toContain("legalfor experts");
    expect(find("[aria-label='legal (for experts)']")).toBeNull();
  });

  it("asks nothing of what is deferred or skipped", async () => {
    const { press, find } = await mount({ rubric: RUBRIC });
    press("s");
    press("Enter");
    await settle();
    expect(find(".wbw-where").textContent).toContain("Session 2 of 3");
  });

  it("flags, and takes the flag away again", async () => {
    const { press, kernel } = await mount();
    press("!");
    expect(kernel.label("a").flag).toBe("flagged");
    press("!");
    expect(kernel.label("a").flag).toBeNull();
  });
});

describe("reading", () => {
  it("begins where the user asks, and goes to the step where a signal fired", async () => {
    const kernel = new Kernel();
    const steps = [step(1, "system", { text: "Be kind" }), ...STEPS.map((each) => ({ ...each, number: each.number + 1, span: `t/${each.number + 1}` }))];
    kernel.sessions.set("a", session("a", { steps, signals: [{ name: "feedback", text: "thumbs down", number: 5 }] }));
    const { press, find } = await mount({ kernel });
    const current = () => find('[aria-current="step"].wbw-step').dataset["index"];
    expect(current()).toBe("1");
    press("i");
    expect(current()).toBe("4");
    expect(find(".wbw-aloud").textContent).toContain("feedback: thumbs down");
  });

  it("shows the tree of spans, folds it by key, and goes to the step of a span", async () => {
    const span = (name: string, depth: number, kids: number): Span => ({ span: `t/${name}`, name, kind: "chain", depth, kids, start: depth, seconds: 1, failed: name === "3" });
    const kernel = beside({ spans: () => ({ body: [span("root", 0, 2), span("2", 1, 1), span("3", 2, 0), span("4", 1, 0)] }) });
    const { press, root, find } = await mount({ kernel, offers: ["spans"] });
    press("t");
    await settle();
    const rows = () => [...root.querySelectorAll("[role=treeitem]")].map((row) => row.querySelector(".wbw-gist")?.textContent);
    expect(rows()).toEqual(["root", "2", "✕ 3", "4"]);
    const tree = find("[role=tree]");
    expect(document.activeElement).toBe(tree);
    press("ArrowDown", {}, tree);
    press("ArrowLeft", {}, tree);
    expect(rows()).toEqual(["root", "2", "4"]);
    expect(root.querySelector("[aria-selected=true]")?.getAttribute("aria-expanded")).toBe("false");
    press("End", {}, tree);
    press("Enter", {}, tree);
    expect(find('[aria-current="step"].wbw-step').dataset["index"]).toBe("3");
    press("Escape", {}, tree);
    expect(document.activeElement).toBe(root);
  });
});

describe("beside others", () => {
  it("says when to stop once the reader pauses, and by segment on demand", async () => {
    const kernel = beside({ stopping: (message) => ({ body: { sentence: "2 read. Read on.", rows: message["segments"] === true ? [{ version: "v1", read: 2 }] : [] } }) });
    const { press, find } = await mount({ kernel, offers: ["stopping"] });
    expect(find(".wbw-stop").hidden).toBe(true);
    vi.advanceTimersByTime(1_300);
    await settle();
    expect(find(".wbw-stop").textContent).toContain("When to stop: 2 read. Read on.");
    press("w");
    await settle();
    expect(find("[role=dialog] table").textContent).toBe("versionreadv12");
    press("Escape");
    expect(find("[role=dialog]")).toBeNull();
  });

  it("passes over what somebody else has, and says so where it was chosen", async () => {
    const kernel = beside({ hold: (message) => ({ content: { taken: message["session_id"] === "b" ? "Somebody else has this one until 14:20 UTC." : null } }) });
    const { press, find } = await mount({ kernel, offers: ["hold"] });
    press("p");
    press("Enter");
    await settle();
    await settle();
    await settle();
    expect(find(".wbw-where").textContent).toContain("Session 3 of 3");
    press("[");
    await settle();
    await settle();
    expect(find("[role=alert]").textContent).toContain("Somebody else has this one until 14:20 UTC.");
  });

  it("says how many were passed over, goes on from one of them, and says when none is left", async () => {
    const kernel = beside({ hold: () => ({ content: { taken: null } }) });
    const { press, find } = await mount({ kernel, offers: ["hold"], taken: ["a", "b"] });
    await settle();
    expect(find(".wbw-where").textContent).toContain("Session 3 of 3");
    expect(find("[role=alert]").textContent).toContain("2 sessions were passed over: others have read or are reading them");
    press("f");
    press("Enter");
    expect(find("[role=alert]").textContent).toBe(
      "Nothing is left for you: 1 of 3 are read: 0 pass, 1 fail; 2 were passed over, which others have read or are reading, and this queue asks for no more readers of each.",
    );
  });

  it("goes on by the same key from one that somebody else has", async () => {
    const kernel = beside({ hold: (message) => ({ content: { taken: message["session_id"] === "a" ? "Somebody else has this one until 14:20 UTC." : null } }) });
    const { press, find } = await mount({ kernel, offers: ["hold"], session_id: "a" });
    await settle();
    expect(find("[role=alert]").textContent).toContain("goes on to one that is free");
    press("Enter");
    await settle();
    expect(find(".wbw-where").textContent).toContain("Session 2 of 3");
  });

  it("says at once that a queue is read where nothing is left, and on a page of its own that it may be closed", async () => {
    const labels = { a: { revision: 1, verdict: "pass" }, b: { revision: 1, verdict: "fail" }, c: { revision: 1, verdict: "pass" } } as const;
    const { find, press, root } = await mount({ labels, page: true });
    expect(find("[role=alert]").textContent).toBe("All 3 are read: 2 pass, 1 fail. When it says saved below, this page may be closed.");
    press("Escape");
    expect(document.activeElement).toBe(root); // nothing else on the page waits for keys
  });

  it("keeps the two times apart that a session is shown, and calls both by its name", async () => {
    const { press, model, find } = await mount({ ids: ["a", "q.7"], names: { "q.7": "a" } });
    press("p");
    press("Enter");
    await settle();
    expect(find(".wbw-where code").textContent).toBe("a");
    press("f");
    expect(model.changes().map((change) => [change["session_id"], change["verdict"]])).toEqual([["a", "pass"], ["q.7", "fail"]]);
  });

  it("sets side by side what the reviewers said who disagree", async () => {
    const kernel = new Kernel();
    const review = { failure_mode: null, note: null, root_cause: null, answers: [["tone", "4"]] as [string, string][] };
    kernel.sessions.set("a", session("a", { reviews: [{ ...review, reviewer: "ana", verdict: "fail", first_failure: "t/2" }, { ...review, reviewer: "ben", verdict: "pass", first_failure: null }] }));
    const { find, root } = await mount({ kernel });
    expect([...root.querySelectorAll(".wbw-reviews tr")].map((row) => [...row.children].map((cell) => cell.textContent))).toContainEqual(["verdict", "fail", "pass"]);
    find(".wbw-reviews .wbw-link").click();
    expect(find('[aria-current="step"].wbw-step').dataset["index"]).toBe("1");
  });
});

describe("the codebook", () => {
  const book = { sentence: "2 modes.", modes: [{ name: "loop", definition: null, sessions: [["a", "again"]], count: 1, reread: 1 }, { name: "wrong refund", definition: "of another order", sessions: [], count: 3, reread: 0 }], reread: [{ session_id: "b", failure_mode: "loop", why: "was defined anew" }] };

  async function opened(offers = ["codebook", "edit", "suggest"], groups: unknown[] = [{ name: "asks again", notes: [["b", "asks twice"], ["c", "asks for the id again"]] }]) {
    const edits: unknown[] = [];
    const kernel = beside({
      codebook: () => ({ body: book }),
      edit: (message) => ({ body: (edits.push(message["edit"]), book) }),
      suggest: () => ({ body: { groups } }),
    });
    const desk = await mount({ kernel, offers });
    desk.press("c");
    await settle();
    const list = desk.find("[role=listbox].wbw-modes");
    return { ...desk, list, edits, field: () => desk.find<HTMLInputElement>(".wbw-below input") };
  }

  it("renames, merges and splits by key", async () => {
    const { press, list, edits, field, find, type } = await opened();
    press("r", {}, list);
    field().value = "loop over one tool";
    press("Enter", {}, field());
    await settle();
    press("m", {}, list);
    type(field(), "wro");
    press("Enter", {}, field());
    await settle();
    press("k", {}, list); // what was merged into is the chosen one now
    press("s", {}, list);
    field().value = "loop: tool; loop: user";
    press("Enter", {}, field());
    const pick = find<HTMLSelectElement>(".wbw-below select");
    pick.value = "loop: user";
    find(".wbw-below .wbw-primary").click();
    await settle();
    expect(edits).toEqual([
      { kind: "rename", name: "loop", into: ["loop over one tool"] },
      { kind: "merge", name: "loop", into: ["wrong refund"] },
      { kind: "split", name: "loop", into: ["loop: tool", "loop: user"], assignment: { a: "loop: user" } },
    ]);
    expect(document.activeElement).toBe(list);
  });

  it("keeps its keys from the label below", async () => {
    const { press, list, model } = await opened();
    press("p", {}, list);
    press("d", {}, find_link());
    expect(model.changes()).toEqual([]);
    function find_link(): Element {
      return document.querySelector(".wbw-drawer .wbw-link") as Element;
    }
  });

  it("goes to what is to be read again", async () => {
    const { find, root } = await opened();
    const links = [...root.querySelectorAll<HTMLElement>(".wbw-drawer .wbw-link")];
    links.at(-1)?.click();
    await settle();
    expect(find(".wbw-where").textContent).toContain("Session 2 of 3");
    expect(find("[role=dialog]")).toBeNull();
  });

  it("names the sessions of a group of notes, each to be taken back", async () => {
    const { press, list, kernel, find, root } = await opened();
    press("g", {}, list);
    await settle();
    [...root.querySelectorAll<HTMLElement>(".wbw-group-of button")].find((each) => each.textContent?.startsWith("So named"))?.click();
    expect(kernel.label("b")).toMatchObject({ failure_mode: "asks again", verdict: "fail" });
    expect(kernel.label("c").failure_mode).toBe("asks again");
    expect(find(".wbw-drawer [role=status]").textContent).toContain("2 sessions of this queue");
  });

  it("takes groups of notes by key, one after the other", async () => {
    const { press, list, kernel, root, type } = await opened(undefined, [
      { name: "asks again", notes: [["b", "asks twice"]] },
      { name: "old price", notes: [["c", "told an old price"]] },
    ]);
    press("g", {}, list);
    await settle();
    const here = (): HTMLElement => document.activeElement as HTMLElement;
    expect(here().getAttribute("aria-label")).toBe("asks again: 1 session");
    press("j", {}, here());
    press("n", {}, here());
    press("Escape", {}, here()); // back among the groups
    expect(here().getAttribute("aria-label")).toBe("asks again: 1 session");
    press("ArrowDown", {}, here());
    press("n", {}, here());
    type(here() as HTMLInputElement, "stale price");
    press("Enter", {}, here());
    press("a", {}, here());
    expect([kernel.label("b").failure_mode, kernel.label("c").failure_mode]).toEqual(["asks again", "stale price"]);
    expect(root.querySelector(".wbw-group-of")).toBeNull();
    expect(here()).toBe(list);
  });
});
