import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { newId } from "../src/shared/link";
import { Kernel, mount, settle } from "./bench";

beforeEach(() => {
  vi.useFakeTimers();
  sessionStorage.clear();
});
afterEach(() => {
  vi.useRealTimers();
  document.body.replaceChildren();
});

describe("delivery", () => {
  it("says saved only when the kernel said so", async () => {
    const { model, press, status } = await mount();
    model.kernel = () => null;
    press("p");
    expect(status()).toBe("…saving");
    const [change] = model.changes();
    model.receive({ to: change?.["operation"] as string, session_id: "a", label: { revision: 1, verdict: "pass" } });
    expect(status()).toBe("✓saved");
  });

  it("shows why a change was refused, keeps it, and sends it again under the same id", async () => {
    const { kernel, model, press, status, find } = await mount();
    kernel.refuses = "the disk refuses writes";
    press("p");
    expect(status()).toContain("not saved: the disk refuses writes. 1 change is kept in this page and sent again.");
    expect(find(".wbw-verdict-pass").getAttribute("aria-pressed")).toBe("true");
    kernel.refuses = null;
    press("r");
    expect(status()).toBe("✓saved");
    expect(new Set(model.changes().map((change) => change["operation"])).size).toBe(1);
    expect(kernel.log.length).toBe(1);
  });

  it("sends refused changes again by itself", async () => {
    const { kernel, press, status } = await mount();
    kernel.refuses = "database is locked";
    press("p");
    kernel.refuses = null;
    await vi.advanceTimersByTimeAsync(2_100);
    expect(status()).toBe("✓saved");
  });

  it("can give up a refused change", async () => {
    const { kernel, press, find, status } = await mount();
    kernel.refuses = "no";
    press("p");
    [...find(".wbw-status").querySelectorAll("button")].at(-1)?.click();
    expect(find(".wbw-verdict-pass").getAttribute("aria-pressed")).toBe("false");
    expect(status()).toBe("");
  });

  it("says at once that the kernel is gone, without waiting for a key, and keeps saying it", async () => {
    const { model, status, press } = await mount();
    model.kernel = null;
    model.trigger("comm_live_update");
    await vi.advanceTimersByTimeAsync(2_100);
    expect(status()).toContain("the kernel is not answering: nothing can be saved");
    press("p");
    expect(status()).toContain("not saved: the kernel is not answering. 1 change is kept in this page");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(status()).toContain("not saved");
  });

  it("notices a dead kernel within seconds even if no event says so", async () => {
    const { model, status } = await mount();
    model.kernel = null;
    await vi.advanceTimersByTimeAsync(7_500);
    expect(status()).toContain("the kernel is not answering");
  });

  it("sends what waited, in order and once, when the kernel answers again", async () => {
    const { kernel, model, press, status } = await mount();
    model.kernel = null;
    for (const key of ["p", "f", "1"]) press(key);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(status()).toContain("3 changes are kept");
    model.kernel = kernel.answer as never;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(status()).toBe("✓saved");
    expect(kernel.log.map((entry) => entry.patch)).toEqual([{ verdict: "pass" }, { verdict: "fail" }, { first_failure: "t/1" }]);
  });

  it("hands unsaved changes to the next view of the queue, as after a restart and a run of the cell", async () => {
    const kernel = new Kernel();
    const before = await mount({ kernel });
    before.model.kernel = null;
    before.press("f");
    before.close();
    expect(kernel.log.length).toBe(0);
    const { status } = await mount({ kernel });
    await settle();
    expect(kernel.label("a").verdict).toBe("fail");
    expect(status()).toBe("✓saved");
    expect(sessionStorage.length).toBe(0);
  });

  it("does not mix up queues", async () => {
    const before = await mount({ queue: "one" });
    before.model.kernel = null;
    before.press("f");
    before.close();
    const { kernel } = await mount({ queue: "two" });
    expect(kernel.log.length).toBe(0);
  });

  it("makes ids that sort as they were made, without crypto.randomUUID", () => {
    vi.stubGlobal("crypto", { getRandomValues: crypto.getRandomValues.bind(crypto) });
    const ids = Array.from({ length: 500 }, newId);
    expect(new Set(ids).size).toBe(500);
    expect([...ids].sort()).toEqual(ids);
    vi.unstubAllGlobals();
  });
});
