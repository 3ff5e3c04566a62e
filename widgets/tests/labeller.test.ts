import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Kernel, STEPS, mount, session, settle, step } from "./bench";

beforeEach(() => {
  vi.useFakeTimers();
  sessionStorage.clear();
});
afterEach(() => {
  vi.useRealTimers();
  document.body.replaceChildren();
});

describe("reading", () => {
  it("opens at the first unlabelled session and says why it was drawn", async () => {
    const { root, find } = await mount({ labels: { a: { revision: 1, verdict: "pass" } } });
    expect(find(".wbw-where").textContent).toContain("Session 2 of 3");
    expect(find(".wbw-because").textContent).toBe("Why this one: drawn as b");
    expect(root.textContent).toContain("1 of 3 done");
  });

  it("folds tool calls to one line and opens them by key, numbers as they were written", async () => {
    const { press, find } = await mount();
    press("j");
    const line = () => find('.wbw-step[data-index="1"]');
    expect(line().querySelector(".wbw-call")?.textContent).toBe('refund(order: "W1", amount: 12345678901234567890)');
    expect(line().querySelector(".wbw-code")).toBeNull();
    press("o");
    expect(line().querySelector(".wbw-code .wbw-text")?.textContent).toBe('{\n  "order": "W1",\n  "amount": 12345678901234567890\n}');
    press("o");
    expect(line().querySelector(".wbw-code")).toBeNull();
  });

  it("says errors and retries in words", async () => {
    const { find } = await mount();
    expect(find('.wbw-step[data-index="1"]').textContent).toContain("✕ error");
    expect(find('.wbw-step[data-index="1"]').textContent).toContain("409 refused");
    expect(find('.wbw-step[data-index="2"]').textContent).toContain("↻ retry of step 2");
  });

  it("jumps to the first error by key", async () => {
    const { press, find } = await mount();
    press("x");
    expect(find('[aria-current="step"].wbw-step').dataset["index"]).toBe("1");
  });

  it("finds text in the session and goes to it", async () => {
    const { press, find, type } = await mount();
    press("/");
    const field = find<HTMLInputElement>(".wbw-finder input");
    type(field, "refund made");
    expect(find(".wbw-finder-says").textContent).toContain("1 time, in 1 step");
    press("Enter", {}, field);
    expect(find('[aria-current="step"].wbw-step').dataset["index"]).toBe("3");
    expect(find('.wbw-step[data-index="3"] mark').textContent).toBe("refund made");
  });

  it("trims a long payload, says what was cut and fetches the rest on demand", async () => {
    const kernel = new Kernel();
    kernel.sessions.set("a", session("a", { steps: [step(1, "assistant", { text: "x".repeat(2_500), more: { text: 1_000 }, cuts: { text: 7 } })] }));
    const { root, model, press } = await mount({ kernel });
    const more = () => root.querySelector<HTMLButtonElement>(".wbw-step .wbw-link");
    expect(more()?.textContent).toBe("Show more — 1,500 characters not shown");
    expect(root.textContent).toContain("7 characters were left out when this evidence was made");
    more()?.click();
    expect(more()?.textContent).toBe("Show more — 1,000 characters not shown");
    model.kernel = (message) => (message.kind === "more" ? { content: { left: 0 }, body: "y".repeat(1_000) } : kernel.answer(message)) as never;
    more()?.click();
    await settle();
    expect(more()).toBeNull();
    press("j"); // drawn anew, and still open
    press("1");
    expect(root.querySelector(".wbw-step .wbw-text")?.textContent).toBe("x".repeat(2_500) + "y".repeat(1_000));
  });

  it("shows what was wrong when a session cannot be fetched", async () => {
    const kernel = new Kernel();
    const answer = kernel.answer;
    kernel.answer = (message) => (message["kind"] === "fetch" ? { content: { error: "no session 'a'" } } : answer(message));
    const { find } = await mount({ kernel });
    expect(find("[role=alert]").textContent).toBe("This session cannot be shown: no session 'a'");
  });

  it("draws only the steps near the view", async () => {
    const kernel = new Kernel();
    kernel.sessions.set("a", session("a", { steps: Array.from({ length: 5_000 }, (_, index) => step(index + 1, "tool", { tool_name: "look" })) }));
    vi.stubGlobal("IntersectionObserver", class { observe() {} disconnect() {} });
    const { root, press } = await mount({ kernel });
    expect(root.querySelectorAll(".wbw-step").length).toBe(40);
    press("End");
    expect(root.querySelector('[aria-current="step"].wbw-step')?.getAttribute("data-index")).toBe("4999");
    expect(root.querySelectorAll(".wbw-step").length).toBe(80);
    vi.unstubAllGlobals();
  });
});

describe("hostile content", () => {
  const hostile = "<img src=x onerror=alert(1)><script>alert(1)</script> javascript:alert(1) https://phish.example \u202etxet\u202c a\u200bb \x1b[31m";

  it("is text everywhere, and hidden characters are shown by their code", async () => {
    const kernel = new Kernel();
    kernel.sessions.set(hostile, session(hostile, {
      because: hostile,
      facts: [[hostile, hostile]],
      signals: [{ name: hostile, text: hostile, number: 1 }],
      steps: STEPS.map((each) => ({ ...each, text: hostile, tool_name: hostile, tool_arguments: JSON.stringify({ [hostile]: hostile }), tool_result: hostile, error: hostile })),
    }));
    const { root, press } = await mount({ kernel, ids: [hostile], modes: [hostile], labels: { [hostile]: { revision: 1, failure_mode: hostile, note: hostile } } });
    press("O");
    press("?");
    expect(root.querySelectorAll("img, script, a, iframe, svg, style, object, embed").length).toBe(0);
    expect(root.querySelector(".wbw-step")?.textContent).toContain("\\u202etxet\\u202c a\\u200bb \\u001b[31m");
    expect([...root.querySelectorAll("*")].some((node) => [...node.attributes].some((attribute) => attribute.name.startsWith("on")))).toBe(false);
    expect([...root.querySelectorAll("[title]")].every((node) => !node.getAttribute("title")?.includes("\u202e"))).toBe(true);
  });
});

describe("keys", () => {
  it("keep plain keys from the notebook and let its combinations through", async () => {
    const { press } = await mount();
    const heard: string[] = [];
    document.addEventListener("keydown", (event) => heard.push(event.key));
    for (const key of ["x", "b", "d", "j", "q", "Enter"]) press(key);
    press("s", { ctrlKey: true });
    expect(heard).toEqual(["s"]);
  });

  it("ignore a held key for labels, not for moving", async () => {
    const { press, model, find } = await mount();
    press("p", { repeat: true });
    expect(model.changes()).toEqual([]);
    press("j", { repeat: true });
    expect(find('[aria-current="step"].wbw-step').dataset["index"]).toBe("1");
  });

  it("work with Caps Lock and on a Cyrillic layout", async () => {
    const { press, model } = await mount();
    press("P");
    press("а", { code: "KeyF" });
    expect(model.changes().map((change) => change["verdict"])).toEqual(["pass", "fail"]);
  });

  it("can be changed", async () => {
    const { press, model, find } = await mount({ keymap: { pass: "y" } });
    press("p");
    press("y");
    expect(model.changes().map((change) => change["verdict"])).toEqual(["pass"]);
    expect(find(".wbw-verdict-pass kbd").textContent).toBe("y");
  });

  it("leave a focused button its Enter, and typing its letters", async () => {
    const { press, model, find } = await mount();
    expect(press("Enter", {}, find(".wbw-fold")).defaultPrevented).toBe(false);
    expect(press("p", {}, find("textarea")).defaultPrevented).toBe(false);
    expect(model.changes()).toEqual([]);
  });

  it("Escape leaves for the notebook, and nothing takes the focus by itself", async () => {
    const { root, press } = await mount();
    expect(root.contains(document.activeElement)).toBe(false);
    root.focus();
    press("Escape");
    expect(document.activeElement).toBe(document.body);
  });

  it("are listed by ?", async () => {
    const { root, press } = await mount();
    press("?");
    expect(root.querySelector("[role=dialog]")?.textContent).toContain("mark this step as the first failure");
    press("?");
    expect(root.querySelector("[role=dialog]")).toBeNull();
  });
});

describe("labelling", () => {
  it("saves each thing as it is said, and Enter shows the next session", async () => {
    const { press, kernel, find, type, status } = await mount();
    press("x");
    press("1");
    press("f");
    press("n");
    type(find("textarea"), "refused, then claimed");
    press("Enter", {}, find("textarea"));
    expect(kernel.label("a")).toMatchObject({ verdict: "fail", first_failure: "t/2", note: "refused, then claimed" });
    expect(status()).toContain("saved");
    press("Enter");
    await settle();
    expect(find(".wbw-where").textContent).toContain("Session 2 of 3");
    expect(find<HTMLTextAreaElement>("textarea").value).toBe("");
  });

  it("does not go on without a verdict by itself", async () => {
    const { press, find } = await mount();
    press("Enter");
    expect(find("[role=alert]").textContent).toContain("No verdict yet");
    press("]");
    await settle();
    expect(find(".wbw-where").textContent).toContain("Session 2 of 3");
  });

  it("offers deferred sessions again at the end and says when all are read", async () => {
    const { press, find } = await mount({ ids: ["a", "b"] });
    for (const key of ["d", "Enter"]) press(key);
    await settle();
    for (const key of ["p", "Enter"]) press(key);
    await settle();
    expect(find(".wbw-where").textContent).toContain("Session 1 of 2");
    for (const key of ["f", "Enter"]) press(key);
    expect(find("[role=alert]").textContent).toBe("All 2 are read: 1 pass, 1 fail.");
  });

  it("completes a failure mode, coins a new one, and takes the session as failed", async () => {
    const { press, kernel, find, type } = await mount();
    press("m");
    const field = find<HTMLInputElement>("[role=combobox]");
    type(field, "ref");
    expect([...find("[role=listbox]").children].map((option) => option.textContent)).toEqual(["wrong refund", "+ new: ref"]);
    press("Enter", {}, field);
    expect(kernel.label("a")).toMatchObject({ verdict: "fail", failure_mode: "wrong refund" });
    press("m");
    type(field, "claims success");
    press("Enter", {}, field);
    expect(kernel.label("a").failure_mode).toBe("claims success");
    expect(find('[aria-pressed="true"].wbw-verdict').textContent).toContain("Fail");
  });

  it("starts the expected output from what the agent said", async () => {
    const { press, kernel, find, type } = await mount();
    press("e");
    const field = find<HTMLTextAreaElement>("textarea[aria-label='Expected output']");
    expect(field.value).toBe("Done, refund made");
    type(field, "I cannot refund that");
    press("Escape", {}, field);
    expect(kernel.label("a").expected_output).toBe("I cannot refund that");
  });

  it("keeps a note that is being typed after a pause", async () => {
    const { find, type, kernel } = await mount();
    type(find("textarea"), "half a sen");
    vi.advanceTimersByTime(1_600);
    expect(kernel.label("a").note).toBe("half a sen");
  });

  it("undoes three in a row, and what an earlier page said", async () => {
    const kernel = new Kernel();
    const before = await mount({ kernel });
    before.press("f");
    before.close();
    const { press, find } = await mount({ kernel, labels: { a: kernel.label("a") }, session_id: "b" });
    press("p");
    press("1");
    press("u");
    expect(kernel.label("b")).toMatchObject({ verdict: "pass", revision: 1 });
    press("z", { ctrlKey: true });
    expect(kernel.label("b").verdict).toBeUndefined();
    press("u");
    await settle();
    expect(kernel.label("a").verdict).toBeUndefined();
    expect(find(".wbw-where").textContent).toContain("Session 1 of 3");
    press("u");
    expect(find("[role=alert]").textContent).toBe("Nothing is left to undo.");
  });

  it("keeps a failure mode that is typed when its field is left, and forgets it by Escape", async () => {
    const { press, find, root, type, model } = await mount();
    const field = find<HTMLInputElement>("input[aria-label='Failure mode']");
    press("m");
    type(field, "loo");
    press("Escape", {}, field);
    expect([field.value, document.activeElement]).toEqual(["", root]);
    press("m");
    type(field, "told twice");
    find<HTMLElement>("[aria-label=Note]").focus();
    expect(field.value).toBe("told twice");
    press("m");
    type(field, "loop: tool");
    find<HTMLElement>(".wbw-primary").click(); // Save and next
    await settle();
    expect(model.changes().map((change) => [change["session_id"], change["failure_mode"]])).toEqual([["a", "told twice"], ["a", "loop: tool"]]);
  });

  it("takes several failure modes, the first of which is what went wrong first", async () => {
    const { press, find, root, type, model, kernel } = await mount();
    const pick = (name: string): void => {
      const field = document.activeElement as HTMLInputElement;
      type(field, name);
      press("Enter", {}, field);
    };
    const shown = (): string[] => [find<HTMLInputElement>("input[aria-label='Failure mode']").value, ...[...root.querySelectorAll(".wbw-others .wbw-link")].map((each) => each.textContent ?? "")];
    press("M", { shiftKey: true }); // nothing is named yet: this is the first
    pick("wrong refund");
    for (const name of ["rude", "loop", "rude"]) {
      press("M", { shiftKey: true });
      expect((document.activeElement as HTMLElement).getAttribute("aria-label")).toBe("Further failure mode");
      pick(name);
    }
    await settle();
    expect(model.changes().map((change) => [change["failure_mode"], change["other_modes"]])).toEqual([["wrong refund", undefined], [undefined, "rude"], [undefined, "rude\nloop"]]);
    expect(shown()).toEqual(["wrong refund", "rude", "loop"]);
    root.querySelectorAll<HTMLElement>(".wbw-others .wbw-link")[1]?.click(); // it came first after all
    expect(shown()).toEqual(["loop", "wrong refund", "rude"]);
    root.querySelectorAll<HTMLElement>(".wbw-others .wbw-clear")[0]?.click();
    expect(shown()).toEqual(["loop", "rude"]);
    press("m");
    pick(""); // without a first the next one leads
    expect(shown()).toEqual(["rude"]);
    press("u");
    await settle();
    expect(shown()).toEqual(["loop", "rude"]);
    expect(kernel.label("a")).toMatchObject({ failure_mode: "loop", other_modes: "rude", verdict: "fail" });
  });

  it("sets what chance shows first above what is asked, and else below it", async () => {
    const kernel = new Kernel();
    for (const id of ["a", "b"]) kernel.sessions.set(id, session(id, { held: 1 }));
    const { press, root } = await mount({ kernel, first: ["b"] });
    const place = (): number => [...(root.querySelector(".wbw-panel-side")?.children ?? [])].findIndex((each) => each.querySelector(".wbw-suggestions") !== null);
    expect(place()).toBeGreaterThan(0);
    press("]");
    await settle();
    expect(place()).toBe(0);
  });

  it("asks for what chance shows first when the session is opened, and not when it is fetched ahead", async () => {
    const kernel = new Kernel();
    for (const id of ["a", "b"]) kernel.sessions.set(id, session(id, { held: 1 }));
    kernel.suggestions = [{ source: "grader", text: "fails" }];
    const { press, model, find } = await mount({ kernel, first: ["b"] });
    const asked = () => model.sent.filter((message) => ["fetch", "reveal"].includes(message.kind)).map((message) => [message.kind, message["session_id"], message["ahead"]]);
    expect(asked()).toEqual([["fetch", "a", false], ["fetch", "b", true]]);
    press("]");
    await settle();
    expect(asked().filter(([kind]) => kind === "reveal")).toEqual([["reveal", "b", undefined]]);
    expect(find(".wbw-suggestions li").textContent).toBe("grader fails");
    press("[");
    await settle();
    press("]");
    await settle();
    expect(asked().filter(([kind]) => kind === "reveal")).toHaveLength(1);
  });

  it("holds suggestions back until asked", async () => {
    const kernel = new Kernel();
    kernel.sessions.set("a", session("a", { held: 1 }));
    kernel.suggestions = [{ source: "grader", text: "fails" }];
    const { press, find } = await mount({ kernel });
    expect(find(".wbw-suggestions").textContent).toContain("1 suggestion waits for your verdict");
    press("v");
    await settle();
    expect(find(".wbw-suggestions li").textContent).toBe("grader fails");
  });
});
