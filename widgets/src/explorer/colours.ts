import type { Answer } from "../shared/link";
import { NONE, colourOf, trace } from "./marks";

/** One line of the legend; on a scale with its ends, from 0 to 255. */
export interface Entry {
  name: string;
  count: number;
  kind: "value" | "other" | "none";
  from?: number;
  to?: number;
}

/** A column as colours: the entry of each session, and where on a scale it lies. */
export interface Colouring {
  column: string;
  scale: string;
  entries: Entry[];
  which: Uint8Array;
  shade: Uint8Array | null;
}

/** How the points look: those of one key are drawn in one go. */
export interface Marks {
  key(row: number): number;
  colour(key: number): string;
  alpha(key: number): number;
  trace(path: CanvasPath, key: number, x: number, y: number, r: number): void;
}

/** What is rare is neither a category nor nothing: grey, but as strong as the others. */
const OTHER = "#6f6f6f";
const LEVELS = 32;
const SCALE = 1000;
const REST = -1;
const NOTHING = -2;

export function colouringOf(column: string, { content, buffers }: Answer): Colouring {
  const bytes = (view: DataView | undefined): Uint8Array => (view === undefined ? new Uint8Array() : new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
  return { column, scale: String(content["scale"] ?? ""), entries: content["entries"] as Entry[], which: bytes(buffers[0]), shade: buffers[1] === undefined ? null : bytes(buffers[1]) };
}

/**
 * The colour of a place on a scale, 0 to 1. Lightness alone tells more from less, whatever eyes make of the hue; the more, the
 * farther from the ground it lies on, and the least still stands out from it (3 to 1).
 */
export function shadeColour(place: number, dark: boolean): string {
  const mix = (from: number, to: number): number => from + (to - from) * Math.max(0, Math.min(1, place));
  return dark ? oklch(mix(0.5, 0.93), 0.14, mix(290, 465)) : oklch(mix(0.66, 0.27), 0.14, mix(75, -80));
}

/** Björn Ottosson's OKLab in polar form, as sRGB; what a screen cannot show is cut off. */
function oklch(lightness: number, chroma: number, degrees: number): string {
  const [a, b] = [chroma * Math.cos((degrees / 180) * Math.PI), chroma * Math.sin((degrees / 180) * Math.PI)];
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const linear = [4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s, -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s, -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s];
  const gamma = (x: number): number => (x <= 0.0031308 ? 12.92 * x : 1.055 * x ** (1 / 2.4) - 0.055);
  return `#${linear.map((x) => Math.round(255 * Math.max(0, Math.min(1, gamma(Math.max(0, x))))).toString(16).padStart(2, "0")).join("")}`;
}

/** How the points look when a column colours them. */
export function columnMarks({ entries, which, shade }: Colouring, dark: boolean): Marks {
  const keys = entries.map((entry, place) => (entry.kind === "none" ? NOTHING : entry.kind === "other" ? REST : place));
  return {
    key: (row) => {
      const key = keys[which[row] ?? -1] ?? NOTHING;
      return shade === null || key < 0 ? key : SCALE + Math.floor(((shade[row] ?? 0) * LEVELS) / 256);
    },
    colour: (key) => (key === NOTHING ? NONE : key === REST ? OTHER : key >= SCALE ? shadeColour((key - SCALE) / (LEVELS - 1), dark) : colourOf(key)),
    alpha: (key) => (key === NOTHING ? 0.35 : key === REST ? 0.6 : 0.85),
    trace: (path, key, x, y, r) => trace(path, key >= SCALE ? 0 : Math.max(-1, key), x, y, r),
  };
}

/** Whether what lies behind an element is dark. */
export function isDark(el: Element): boolean {
  const said = getComputedStyle(el).backgroundColor;
  const [r, g, b] = (said.match(/[\d.]+/g) ?? []).map(Number);
  if (r === undefined || g === undefined || b === undefined) return false;
  const full = said.startsWith("color(") ? 1 : 255;
  return (0.299 * r + 0.587 * g + 0.114 * b) / full < 0.5;
}
