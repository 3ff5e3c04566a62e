import { describe, expect, it } from "vitest";

import { indented, members } from "../src/shared/json";
import { occurrences, oneLine, visible } from "../src/shared/text";

describe("text", () => {
  it("writes out what would not show, and leaves words of every script alone", () => {
    expect(visible("a\u202eb\u2066c\u0007d\u{e0041}e\ud800")).toBe("a\\u202eb\\u2066c\\u0007d\\ue0041e\\ud800");
    const fine = "naïve – 日本語 – שלום – مرحبا – می\u200cخواهم – 👩\u200d💻 – tab\tline\n";
    expect(visible(fine)).toBe(fine);
  });

  it("cuts to one line", () => {
    expect(oneLine("a\n  b   c", 10)).toBe("a b c");
    expect(oneLine("x".repeat(50), 10)).toBe(`${"x".repeat(9)}…`);
  });

  it("finds whatever the case, and keeps places right where lower case is longer", () => {
    expect(occurrences("Refund REFUND refund", "refund")).toEqual([0, 7, 14]);
    expect(occurrences("İx x", "x")).toEqual([1, 3]);
  });
});

describe("JSON", () => {
  it("is indented as it was written", () => {
    expect(indented('{"a":1.10,"b":[1,{"c":"x, {y}"}],"d":{},"e":[]}')).toBe('{\n  "a": 1.10,\n  "b": [\n    1,\n    {\n      "c": "x, {y}"\n    }\n  ],\n  "d": {},\n  "e": []\n}');
    expect(indented("{not json")).toBe("{not json");
    expect(indented("plain")).toBe("plain");
  });

  it("gives an object's members", () => {
    expect(members('{"a": {"x": [1, 2]}, "b:c": "d,e", "n": 12345678901234567890}')).toEqual([["a", '{"x": [1, 2]}'], ["b:c", '"d,e"'], ["n", "12345678901234567890"]]);
    expect(members("[1]")).toBeNull();
  });
});
