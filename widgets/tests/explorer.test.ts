import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import explorer from "../src/explorer";
import { Space, contains } from "../src/explorer/space";
import { session, settle } from "./bench";
import { FakeModel } from "./model";

const view = (array: Float32Array | Int32Array): DataView => new DataView(array.slice().buffer);
const text = (value: unknown): DataView => new DataView(new TextEncoder().encode(JSON.stringify(value)).buffer);
const HOSTILE = "<img src=x onerror=alert(1)> \u202ex";

beforeEach(() => {
  vi.useFakeTimers();
  sessionStorage.clear();
});
afterEach(() => {
  vi.useRealTimers();
  document.body.replaceChildren();
});

async function mount() {
  const model = new FakeModel({
    points: view(new Float32Array([0, 0, 1, 0, 0, 1, 1, 1])), membership: view(new Int32Array([0, 0, 1, -1])), ids: text(["a", "b", "c", "d"]),
    lines: text(["first", "second", HOSTILE, "fourth"]), modes: [{ name: "loop", retired: false }, { name: HOSTILE, retired: false }], title: "failing", acknowledged: "saved", queue: "q",
    selected: view(new Int32Array()),
  });
  model.kernel = ((message: { kind: string; session_id: string }) => (message.kind === "fetch" ? { body: session(message.session_id) } : {})) as never;
  const el = document.createElement("div");
  document.body.append(el);
  const life = new AbortController();
  explorer.render({ model, el, signal: life.signal } as never);
  await settle();
  const root = el.querySelector<HTMLElement>(".wbw-explorer") as HTMLElement;
  root.focus();
  const press = (key: string, target: Element = root) => target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  const find = <T extends HTMLElement = HTMLElement>(selector: string): T => root.querySelector<T>(selector) as T;
  const selected = () => [...new Int32Array((model.saved["selected"] as DataView).buffer)];
  return { model, root, press, find, selected };
}

describe("explorer", () => {
  it("lists the modes with size and share, largest first, and says how many are in none", async () => {
    const { root, find } = await mount();
    expect([...root.querySelectorAll(".wbw-mode")].map((row) => row.textContent)).toEqual(["loop250.0%", "<img src=x onerror=alert(1)> \\u202ex125.0%"]);
    expect(find(".wbw-progress-text").textContent).toBe("4 sessions · 2 modes · 1 in no mode (25.0%)");
    expect(root.querySelectorAll("img, script, a").length).toBe(0);
  });

  it("lists the sessions of a mode chosen by key and hands the selection to the notebook", async () => {
    const { press, root, selected } = await mount();
    press("j");
    expect([...root.querySelectorAll(".wbw-session-line")].map((line) => line.textContent)).toEqual(["first", "second"]);
    expect(selected()).toEqual([0, 1]);
    press("Escape");
    expect(selected()).toEqual([]);
  });

  it("renames, merges, retires, moves and undoes through acknowledged events", async () => {
    const { press, find, model } = await mount();
    press("j");
    press("r");
    const name = find<HTMLInputElement>(".wbw-editor input");
    name.value = "calls one tool again and again";
    press("Enter", name);
    press("m");
    const into = find<HTMLInputElement>(".wbw-editor [role=combobox]");
    into.dispatchEvent(new Event("focus"));
    press("Enter", into);
    expect(find(".wbw-editor").hidden).toBe(true);
    press("m");
    const again = find<HTMLInputElement>(".wbw-editor [role=combobox]");
    again.value = "<img";
    again.dispatchEvent(new Event("input"));
    press("Enter", again);
    press("x");
    press("a");
    const target = find<HTMLInputElement>(".wbw-editor [role=combobox]");
    target.value = "a new one";
    target.dispatchEvent(new Event("input"));
    press("Enter", target);
    press("u");
    expect(model.changes().map(({ operation, ...event }) => (expect(operation).toBeTypeOf("string"), event))).toEqual([
      { kind: "rename", mode: "loop", into: "calls one tool again and again" },
      { kind: "merge", mode: "loop", into: HOSTILE },
      { kind: "retire", mode: "loop" },
      { kind: "move", into: "a new one", rows: [0, 1] },
      { kind: "undo", undo: "last" },
    ]);
    expect(find(".wbw-status-text").textContent).toBe("✓saved");
  });

  it("shows the kernel's word on the modes and keeps the one that is looked at", async () => {
    const { press, model, root } = await mount();
    press("j");
    model.set("modes", [{ name: "again and again", retired: true }, { name: HOSTILE, retired: false }]);
    model.trigger("change:modes");
    const [row] = root.querySelectorAll(".wbw-mode");
    expect(row?.textContent).toBe("again and againnot a failure250.0%");
    expect(row?.getAttribute("aria-pressed")).toBe("true");
  });

  it("says why an edit could not be, and goes on", async () => {
    const { press, model, find } = await mount();
    const kernel = model.kernel;
    model.kernel = () => ({ content: { refused: "nothing is left to undo" } });
    press("u");
    expect(find("[role=alert]").textContent).toBe("Nothing is left to undo.");
    model.kernel = kernel;
    press("j");
    press("x");
    expect(find("[role=alert]").hidden).toBe(true);
    expect(model.changes().length).toBe(2);
  });

  it("opens a session over the map and closes it by Escape", async () => {
    const { press, find } = await mount();
    press("j");
    press("o");
    await settle();
    expect(find(".wbw-reading").hidden).toBe(false);
    expect(find(".wbw-reading").textContent).toContain("Refund order W1, please");
    press("]");
    await settle();
    expect(find(".wbw-reading code").textContent).toBe("b");
    press("Escape");
    expect(find(".wbw-reading").hidden).toBe(true);
  });
});

describe("space", () => {
  const space = new Space(new Float32Array([0, 0, 10, 0, 10, 5, NaN, 1]));
  [space.width, space.height] = [1000, 500];

  it("fits the points into the view and turns y upwards", () => {
    expect(space.screen(0)).toEqual({ x: expect.closeTo(40), y: expect.closeTo(480) });
    expect(space.screen(2)).toEqual({ x: expect.closeTo(960), y: expect.closeTo(20) });
  });

  it("finds the nearest point and those inside an outline, at any zoom", () => {
    expect(space.nearest(958, 22)).toBe(2);
    expect(space.nearest(500, 250)).toBe(-1);
    space.zoomAt(4, 960, 20);
    expect(space.nearest(960, 20)).toBe(2);
    space.fit();
    expect([...space.within([{ x: 900, y: 0 }, { x: 1000, y: 0 }, { x: 1000, y: 500 }, { x: 900, y: 500 }])]).toEqual([1, 2]);
  });

  it("knows inside from outside of a bent outline", () => {
    const bent = [{ x: 0, y: 0 }, { x: 10, y: 0 }, { x: 10, y: 10 }, { x: 5, y: 2 }, { x: 0, y: 10 }];
    expect(contains(bent, { x: 1, y: 5 })).toBe(true);
    expect(contains(bent, { x: 5, y: 5 })).toBe(false);
  });
});
