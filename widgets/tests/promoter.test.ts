import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import promoter from "../src/promoter";
import { Drafts } from "../src/promoter/drafts";
import { settle } from "./bench";
import { FakeModel } from "./model";

const HOSTILE = "<img src=x onerror=alert(1)> \u202ex";
const FRESH = { turn: 2, expected_output: "", criteria: "" };

const preview = (expected = "") => ({
  messages: ["system", "user", "assistant", "user", "assistant", "user"].map((role, index) => ({ role, text: index === 3 ? HOSTILE : `${role} ${index}`, cut: index === 0 ? 7 : 0 })),
  turns: [{ turn: 1, end: 2 }, { turn: 2, end: 4 }, { turn: 3, end: 6 }],
  turn: 2,
  expected_output: expected,
  criteria: "",
});

beforeEach(() => {
  vi.useFakeTimers();
  sessionStorage.clear();
});
afterEach(() => {
  vi.useRealTimers();
  document.body.replaceChildren();
});

async function mount(answer: Record<string, unknown> | null = { sentence: "2 cases added", there: ["a"] }, ids = ["a", "b", "c"]) {
  const model = new FakeModel({ items: ids.map((id) => ({ session_id: id, gist: id === "c" ? HOSTILE : `asks ${id}`, mode: "loop" })), there: [], dataset: "refunds", author: "ana", queue: "q" });
  model.kernel = ((message: { kind: string; session_id: string }) => (message.kind === "fetch" ? { content: { preview: preview(message.session_id === "b" ? "Refund 7." : "") } } : message.kind === "change" ? answer && { content: answer } : {})) as never;
  const el = document.createElement("div");
  document.body.append(el);
  const life = new AbortController();
  promoter.render({ model, el, signal: life.signal } as never);
  await settle();
  const root = el.querySelector<HTMLElement>(".wbw-promoter") as HTMLElement;
  root.focus();
  const press = async (...keys: string[]) => {
    for (const key of keys) root.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    await settle();
  };
  const find = <T extends HTMLElement = HTMLElement>(selector: string): T => root.querySelector<T>(selector) as T;
  const write = (name: string, text: string) => {
    const box = find<HTMLTextAreaElement>(`textarea[aria-label="${name}"]`);
    box.value = text;
    box.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const shown = () => [...root.querySelectorAll(".wbw-step .wbw-text")].map((node) => node.textContent);
  return { model, root, press, find, write, shown, life };
}

describe("promoter", () => {
  it("shows what the agent would be handed, up to the turn, and nothing of it as markup", async () => {
    const { shown, root, press, find } = await mount();
    expect(shown()).toEqual(["system 0", "user 1", "assistant 2", "<img src=x onerror=alert(1)> \\u202ex"]);
    expect(find(".wbw-turn-name").textContent).toBe("2 of 3: the agent is handed 4 messages");
    await press("]");
    expect(shown().length).toBe(6);
    await press("[", "[", "[");
    expect(shown()).toEqual(["system 0", "user 1"]);
    expect(root.querySelectorAll("img, script, a").length).toBe(0);
    expect(root.textContent).toContain("7 characters not shown here");
  });

  it("picks by key, edits, and sends all picks as one change; they leave only when the kernel says that they are saved", async () => {
    const { model, press, write, find, root } = await mount();
    await press("x", "j");
    write("Criteria", "Names the order.");
    expect(find(".wbw-progress-text").textContent).toBe("2 picked of 3 sessions");
    await press("s");
    const [change] = model.changes() as { operation: string; picks: unknown[] }[];
    expect(change?.picks).toEqual([
      { session_id: "a", turn: 2, expected_output: "", criteria: "" },
      { session_id: "b", turn: 2, expected_output: "Refund 7.", criteria: "Names the order." },
    ]);
    expect(change?.operation).toMatch(/.{12,}/);
    expect(find(".wbw-progress-text").textContent).toBe("0 picked of 3 sessions");
    expect(find(".wbw-notice").textContent).toBe("2 cases added");
    expect(find(".wbw-status").dataset["state"]).toBe("saved");
    expect(root.querySelectorAll(".wbw-pick-there").length).toBe(1);
  });

  it("keeps the picks while the kernel is silent, through a reload, and sends the same operation again", async () => {
    const { model, press, find, life } = await mount(null);
    await press("x", "s");
    await vi.advanceTimersByTimeAsync(2500);
    expect(find(".wbw-status").dataset["state"]).toBe("unsaved");
    expect(find(".wbw-progress-text").textContent).toBe("1 picked of 3 sessions");
    const [first] = model.changes();
    life.abort();
    const again = await mount();
    expect(again.model.changes()[0]?.["operation"]).toBe(first?.["operation"]);
    expect(again.find(".wbw-progress-text").textContent).toBe("0 picked of 3 sessions");
  });

  it("moves the ground truth of a session with its own turn only", async () => {
    const { press, find } = await mount();
    await press("j");
    await press("]");
    expect(find<HTMLTextAreaElement>("textarea").value).toBe("");
    await press("[");
    expect(find<HTMLTextAreaElement>("textarea").value).toBe("Refund 7.");
  });

  it("says what to do where nothing is picked or there is nothing", async () => {
    const { press, find } = await mount();
    await press("s");
    expect(find(".wbw-notice").textContent).toBe("Nothing is picked yet: press x on a session.");
    const none = await mount(null, []);
    expect(none.find(".wbw-notice").textContent).toBe("There is no session to promote.");
  });
});

describe("drafts", () => {
  it("outlive a reload, and take only what is theirs", () => {
    const drafts = new Drafts("q", new Set(["a", "b"]));
    expect(drafts.toggle("a", FRESH)).toBe(true);
    drafts.edit("b", FRESH, { criteria: "x" });
    expect(new Drafts("q", new Set(["b"])).all()).toEqual([{ session_id: "b", ...FRESH, criteria: "x" }]);
    expect(drafts.toggle("a", FRESH)).toBe(false);
    sessionStorage.setItem("trace-workbench:picks:q", '{"a": {"turn": "2"}, "b": null}');
    expect(new Drafts("q", new Set(["a", "b"])).size).toBe(0);
  });

  it("forget what was saved, but not what was edited since", () => {
    const drafts = new Drafts("q", new Set(["a", "b"]));
    drafts.toggle("a", FRESH);
    drafts.toggle("b", FRESH);
    const sent = drafts.all();
    drafts.edit("b", FRESH, { criteria: "later" });
    drafts.settle(sent);
    expect(drafts.all().map((pick) => pick.session_id)).toEqual(["b"]);
  });
});
