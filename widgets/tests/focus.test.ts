import { afterEach, describe, expect, it } from "vitest";

import { guardFocus } from "../src/shared/focus";

afterEach(() => document.body.replaceChildren());

const settle = () => new Promise((done) => setTimeout(done, 0));

function mount() {
  const root = document.createElement("section");
  root.tabIndex = 0;
  const inside = document.createElement("button");
  const outside = document.createElement("button");
  root.append(inside);
  document.body.append(root, outside);
  const life = new AbortController();
  guardFocus(root, life.signal);
  return { root, inside, outside };
}

describe("focus", () => {
  it("stays in the widget when the button that has it is removed", async () => {
    const { root, inside } = mount();
    inside.focus();
    inside.remove();
    await settle();
    expect(document.activeElement).toBe(root);
  });

  it("stays in the widget when the button that has it is hidden", async () => {
    const { root, inside } = mount();
    inside.focus();
    inside.hidden = true;
    await settle();
    expect(document.activeElement).toBe(root);
  });

  it("is not taken from where the user put it, nor when Escape gave it back", async () => {
    const { root, inside, outside } = mount();
    inside.focus();
    outside.focus();
    root.append(document.createElement("p"));
    await settle();
    expect(document.activeElement).toBe(outside);
    inside.focus();
    inside.blur();
    root.append(document.createElement("p"));
    await settle();
    expect(document.activeElement).toBe(document.body);
  });

  it("is not taken by a widget that nobody touched", async () => {
    const { root, inside } = mount();
    inside.remove();
    await settle();
    expect(root.contains(document.activeElement)).toBe(false);
  });
});
