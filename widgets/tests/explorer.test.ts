import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import explorer from "../src/explorer";
import { colouringOf, columnMarks, shadeColour } from "../src/explorer/colours";
import { Space, contains } from "../src/explorer/space";
import { offered } from "../src/explorer/together";
import { session, settle } from "./bench";
import { FakeModel } from "./model";

const view = (array: Float32Array | Int32Array): DataView => new DataView(array.slice().buffer);
const text = (value: unknown): DataView => new DataView(new TextEncoder().encode(JSON.stringify(value)).buffer);
const HOSTILE = "<img src=x onerror=alert(1)> \u202ex";
const bytes = (...values: number[]): DataView => new DataView(Uint8Array.from(values).buffer);
const COLUMNS: Record<string, unknown> = {
  release: { content: { scale: "", entries: [{ name: "1.5.0", kind: "value", count: 2 }, { name: HOSTILE, kind: "value", count: 1 }, { name: "no value", kind: "none", count: 1 }] }, buffers: [bytes(0, 1, 0, 2)] },
  cost: {
    content: { scale: "logarithmic", entries: [{ name: "0.1 to 1", kind: "value", count: 2, from: 0, to: 128 }, { name: "1 to 9", kind: "value", count: 0, from: 128, to: 200 }, { name: "9 to 10", kind: "value", count: 2, from: 200, to: 255 }] },
    buffers: [bytes(0, 0, 2, 2), bytes(0, 100, 210, 255)],
  },
};

beforeEach(() => {
  vi.useFakeTimers();
  sessionStorage.clear();
});
afterEach(() => {
  vi.useRealTimers();
  document.body.replaceChildren();
});

async function mount(over: Record<string, unknown> = {}) {
  const model = new FakeModel({
    points: view(new Float32Array([0, 0, 1, 0, 0, 1, 1, 1])), membership: view(new Int32Array([0, 0, 1, -1])), ids: text(["a", "b", "c", "d"]),
    lines: text(["first", "second", HOSTILE, "fourth"]), modes: [{ name: "loop", retired: false }, { name: HOSTILE, retired: false }], title: "failing", acknowledged: "saved", queue: "q",
    selected: view(new Int32Array()), columns: ["release", "cost", HOSTILE], colour: "mode", ...over,
  });
  model.kernel = ((message: { kind: string; session_id: string; column: string }) => {
    if (message.kind === "fetch") return { body: session(message.session_id) };
    return message.kind === "colour" ? COLUMNS[message.column] : {};
  }) as never;
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

describe("colours", () => {
  const by = (find: (selector: string) => HTMLElement, column: string) => {
    const select = find(".wbw-by") as HTMLSelectElement;
    select.value = column;
    select.dispatchEvent(new Event("change"));
    return settle();
  };
  const entries = (root: HTMLElement) => [...root.querySelectorAll<HTMLButtonElement>(".wbw-entry")];

  it("offers modes and every column, and asks for one when it is wanted, not before", async () => {
    const { root, find, model } = await mount();
    expect([...root.querySelectorAll(".wbw-by option")].map((option) => option.textContent)).toEqual(["mode", "release", "cost", "<img src=x onerror=alert(1)> \\u202ex"]);
    expect(model.sent.some((message) => message.kind === "colour")).toBe(false);
    expect(find(".wbw-legend").hidden).toBe(true);
    await by(find, "release");
    expect(model.sent.filter((message) => message.kind === "colour").map((message) => message["column"])).toEqual(["release"]);
    expect(model.saved["colour"]).toBe("release");
    expect(entries(root).map((entry) => entry.textContent)).toEqual(["1.5.0 2", "<img src=x onerror=alert(1)> \\u202ex 1", "no value 1"]);
    expect(root.querySelectorAll("img, script").length).toBe(0);
    await by(find, "mode");
    expect(find(".wbw-legend").hidden).toBe(true);
  });

  it("lights and selects the sessions of an entry by mouse and by key", async () => {
    const { root, find, press, selected } = await mount();
    await by(find, "release");
    entries(root)[2]?.click();
    expect(selected()).toEqual([3]);
    expect(entries(root)[2]?.getAttribute("aria-pressed")).toBe("true");
    expect(find(".wbw-sessions .wbw-heading").textContent).toBe("1 session with release no value");
    entries(root)[2]?.click();
    expect(selected()).toEqual([]);
    press(".");
    expect(selected()).toEqual([0, 2]);
    press(".");
    expect(selected()).toEqual([1]);
    press(",");
    expect(selected()).toEqual([0, 2]);
    press("j");
    expect(entries(root).filter((entry) => entry.getAttribute("aria-pressed") === "true")).toEqual([]);
  });

  it("shows a scale with its ends, and passes over what is empty", async () => {
    const { root, find, press, selected } = await mount();
    await by(find, "cost");
    expect(find(".wbw-legend-name").textContent).toBe("cost logarithmic");
    expect(entries(root).map((entry) => entry.disabled)).toEqual([false, true, false]);
    press(".");
    press(".");
    expect(selected()).toEqual([2, 3]);
  });

  it("follows the notebook, and says why it cannot colour by something", async () => {
    const { find, model } = await mount();
    model.set("colour", "cost");
    model.trigger("change:colour");
    await settle();
    expect((find(".wbw-by") as HTMLSelectElement).value).toBe("cost");
    model.kernel = () => ({ content: { error: "it is gone" } });
    await by(find, "release");
    expect(find("[role=alert]").textContent).toBe("The map cannot be coloured by release: it is gone.");
    expect((find(".wbw-by") as HTMLSelectElement).value).toBe("cost");
  });

  it("chooses the column by key and gives the focus back", async () => {
    const { find, press, root } = await mount();
    press("c");
    expect(document.activeElement).toBe(find(".wbw-by"));
    press("Escape", find(".wbw-by"));
    expect(document.activeElement).toBe(root);
  });

  it("tells more from less by lightness alone, farther from the ground the more it is", () => {
    const light = (place: number, dark: boolean): number => {
      const [r, g, b] = [1, 3, 5].map((at) => (Number.parseInt(shadeColour(place, dark).slice(at, at + 2), 16) / 255) ** 2.2) as [number, number, number];
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const places = [0, 0.2, 0.4, 0.6, 0.8, 1];
    const [onLight, onDark] = [places.map((place) => light(place, false)), places.map((place) => light(place, true))];
    expect(onLight).toEqual([...onLight].sort((a, b) => b - a));
    expect(onDark).toEqual([...onDark].sort((a, b) => a - b));
    expect(1.05 / ((onLight[0] as number) + 0.05)).toBeGreaterThan(3);
    expect(((onDark[0] as number) + 0.05) / (0.006 + 0.05)).toBeGreaterThan(2.9);
  });

  it("draws what has no value and what is rare in greys of their own, under the others", () => {
    const made = colouringOf("x", { content: { scale: "", entries: [{ name: "a", kind: "value", count: 1 }, { name: "other: 3 values more", kind: "other", count: 1 }, { name: "no value", kind: "none", count: 1 }] }, buffers: [bytes(0, 1, 2)] });
    const marks = columnMarks(made, false);
    const keys = [0, 1, 2].map((row) => marks.key(row));
    expect([...keys].sort((a, b) => a - b)).toEqual([keys[2], keys[1], keys[0]]);
    expect(new Set(keys.map((key) => marks.colour(key))).size).toBe(3);
    expect(marks.alpha(keys[2] as number)).toBeLessThan(marks.alpha(keys[0] as number));
  });
});

describe("belonging together", () => {
  const choices = (find: (selector: string) => HTMLElement) => [...find(".wbw-editor").querySelectorAll<HTMLButtonElement>(".wbw-choice")];

  it("offers to merge the modes of picked sessions, or to move only these", async () => {
    const { find, press, root, model } = await mount();
    press("j");
    press("s");
    press("j");
    press("s");
    press("t");
    expect(choices(find).map((choice) => choice.textContent)).toEqual(["Merge “<img src=x onerror=alert(1)> \\u202ex” (1) into “loop” (2)", "Move only these 2…"]);
    expect(document.activeElement).toBe(choices(find)[0]);
    choices(find)[0]?.click();
    expect(find(".wbw-editor").hidden).toBe(true);
    expect(document.activeElement).toBe(root);
    expect(model.changes().map(({ operation: _, ...event }) => event)).toEqual([{ kind: "together", into: "loop", rows: [0, 2] }]);
    expect(root.textContent).not.toContain("picked");
  });

  it("picks by Shift and click, and says what is missing", async () => {
    const { find, press, model } = await mount();
    const line = () => find("[data-row='2']");
    press("j");
    press("j");
    line().dispatchEvent(new MouseEvent("click", { bubbles: true, shiftKey: true }));
    expect(line().classList.contains("wbw-picked")).toBe(true);
    expect(find(".wbw-reading").hidden).toBe(true);
    line().dispatchEvent(new MouseEvent("click", { bubbles: true, shiftKey: true }));
    expect(line().classList.contains("wbw-picked")).toBe(false);
    press("t");
    expect(find("[role=alert]").textContent).toContain("Nothing is picked that could belong together");
    press("k");
    press("t");
    expect(find("[role=alert]").textContent).toBe("These 2 sessions are together already, in “loop”.");
    expect(model.changes()).toEqual([]);
  });

  it("asks for the name of what open sessions are together, and lets some move alone", async () => {
    const { find, press, model } = await mount({ membership: view(new Int32Array([0, 1, -1, -1])), colour: "cost" });
    const typed = (name: string) => {
      const into = find<HTMLInputElement>(".wbw-editor [role=combobox]");
      into.value = name;
      into.dispatchEvent(new Event("input"));
      press("Enter", into);
    };
    press(".");
    press(".");
    press("t");
    expect(find(".wbw-editor .wbw-heading").textContent).toBe("2 sessions in no mode belong together, in");
    typed("another kind");
    press(",");
    press("t");
    choices(find)[1]?.click();
    typed("a third");
    expect(model.changes().map(({ operation: _, ...event }) => event)).toEqual([
      { kind: "together", into: "another kind", rows: [2, 3] },
      { kind: "move", into: "a third", rows: [0, 1] },
    ]);
  });

  it("says what it would do, whichever modes the sessions are in", () => {
    const modes = [0, 1, 2].map((number) => ({ number, name: `m${number}`, retired: false, size: [5, 9, 9][number] as number, share: 0 }));
    const members = Int32Array.from([0, 0, 1, 2, -1, -1]);
    expect(offered([2, 3, 4], members, modes)).toEqual({ into: modes[1], merged: [modes[2]], open: 1 });
    expect(offered([0, 1, 2], members, modes)).toMatchObject({ into: modes[0], merged: [modes[1]], open: 0 });
    expect(offered([4, 5], members, modes)).toEqual({ into: null, merged: [], open: 2 });
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
