import { h } from "../shared/dom";
import { visible } from "../shared/text";
import { type Marks, isDark } from "./colours";
import { colourOf, trace } from "./marks";
import { type Point, Space } from "./space";
import type { Mode } from "./types";

export interface MapHost {
  selected(rows: Int32Array): void;
  opened(row: number): void;
  /** A point that was pressed with Shift. */
  picked(row: number): void;
  line(row: number): string;
  mode(row: number): string;
  /** What the colour of a point says; empty where colours are modes. */
  said(row: number): string;
}

const NAMED = 14;
const LINE = 16; // pixels that a name takes

const STRAY = 2.2; // standard deviations beyond which a point does not push its mode's name away

type Sums = { n: number; x: number; y: number; squares: number; top: number; bottom: number };

/** Where a mode lies on the map: its middle, and the heights of its highest and lowest point. */
interface Place extends Point {
  top: number;
  bottom: number;
}

/**
 * The map. Points are drawn once into a picture of their own; while the hand moves, the picture is moved, and drawn
 * sharp again when the hand rests, so that tens of thousands of points follow the mouse.
 */
export class PointMap {
  readonly el: HTMLElement;
  readonly space: Space;
  #canvas = h("canvas", { class: "wbw-map-canvas", role: "img", "aria-label": "Map of the sessions" });
  #picture = document.createElement("canvas");
  #drawn = { zoom: 0, middle: { x: 0, y: 0 }, width: 0, height: 0 };
  #tip = h("div", { class: "wbw-tip", hidden: true });
  #members: Int32Array = new Int32Array();
  #modes: readonly Mode[] = [];
  #lit: ((row: number) => boolean) | null = null;
  #marks: Marks | null = null;
  #picked: ReadonlySet<number> = new Set();
  #outline: Point[] = [];
  #hand: { kind: "lasso" | "box" | "pan"; from: Point } | null = null;
  #frame = 0;
  #sharp: ReturnType<typeof setTimeout> | undefined;
  #stale = true;
  #places: { of: Int32Array; at: Map<number, Place> } | null = null;

  constructor(points: Float32Array, private host: MapHost, signal: AbortSignal) {
    this.space = new Space(points);
    this.el = h("div", { class: "wbw-map" }, this.#canvas, this.#tip);
    const on = <K extends keyof HTMLElementEventMap>(name: K, act: (event: HTMLElementEventMap[K]) => void, options = {}) =>
      this.#canvas.addEventListener(name, act as EventListener, { signal, ...options });
    on("pointerdown", (event) => this.#down(event));
    on("pointermove", (event) => this.#move(event));
    on("pointerup", (event) => this.#up(event));
    on("pointerleave", () => this.#hover(null));
    on("wheel", (event) => this.#wheel(event), { passive: false });
    on("contextmenu", (event) => event.preventDefault());
    if (typeof ResizeObserver !== "undefined") {
      const observer = new ResizeObserver(() => this.#resize());
      observer.observe(this.el);
      signal.addEventListener("abort", () => observer.disconnect());
    }
    signal.addEventListener("abort", () => {
      clearTimeout(this.#sharp);
      cancelAnimationFrame(this.#frame);
    });
  }

  show(members: Int32Array, modes: readonly Mode[]): void {
    this.#members = members;
    this.#modes = modes;
    this.#redraw();
  }

  /** Only some points in full colour; null: all. */
  light(lit: ((row: number) => boolean) | null): void {
    this.#lit = lit;
    this.#redraw();
  }

  /** Colour the points by something else; null: by their modes. */
  paint(marks: Marks | null): void {
    this.#marks = marks;
    this.#redraw();
  }

  /** Points with a ring around them. */
  ring(picked: ReadonlySet<number>): void {
    this.#picked = picked;
    this.#paint();
  }

  get dark(): boolean {
    return isDark(this.el);
  }

  zoom(factor: number): void {
    this.space.zoomAt(factor);
    this.#follow();
  }

  pan(dx: number, dy: number): void {
    this.space.pan(dx, dy);
    this.#follow();
  }

  fit(): void {
    this.space.fit();
    this.#follow();
  }

  // ---- the hand

  #at(event: MouseEvent): Point {
    const box = this.#canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  #down(event: PointerEvent): void {
    const from = this.#at(event);
    const pans = event.button === 1 || event.button === 2 || event.altKey || event.ctrlKey || event.metaKey;
    this.#hand = { kind: pans ? "pan" : event.shiftKey ? "box" : "lasso", from };
    this.#outline = [from];
    this.#canvas.setPointerCapture(event.pointerId);
    this.#hover(null);
  }

  #move(event: PointerEvent): void {
    const at = this.#at(event);
    if (this.#hand === null) {
      this.#hover(at);
      return;
    }
    const { kind, from } = this.#hand;
    if (kind === "pan") {
      this.pan(at.x - (this.#outline.at(-1)?.x ?? at.x), at.y - (this.#outline.at(-1)?.y ?? at.y));
      this.#outline = [at];
    } else if (kind === "box") {
      this.#outline = [from, { x: at.x, y: from.y }, at, { x: from.x, y: at.y }];
      this.#paint();
    } else {
      this.#outline.push(at);
      this.#paint();
    }
  }

  #up(event: PointerEvent): void {
    const hand = this.#hand;
    const at = this.#at(event);
    const outline = this.#outline;
    this.#hand = null;
    this.#outline = [];
    if (hand !== null && hand.kind !== "pan") {
      if (Math.hypot(at.x - hand.from.x, at.y - hand.from.y) < 4 && outline.length < 6) {
        const row = this.space.nearest(at.x, at.y);
        if (row >= 0 && hand.kind === "box") this.host.picked(row);
        else if (row >= 0) this.host.opened(row);
        else this.host.selected(new Int32Array());
      } else this.host.selected(this.space.within(outline));
    }
    this.#paint();
  }

  #wheel(event: WheelEvent): void {
    // without Ctrl the page scrolls, as it does everywhere else in the notebook
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const at = this.#at(event);
    this.space.zoomAt(Math.exp(-event.deltaY / 300), at.x, at.y);
    this.#follow();
  }

  #hover(at: Point | null): void {
    const row = at === null ? -1 : this.space.nearest(at.x, at.y);
    this.#tip.hidden = row < 0;
    if (row < 0) return;
    const place = this.space.screen(row);
    const said = this.host.said(row);
    this.#tip.replaceChildren(h("strong", {}, visible(this.host.mode(row))), h("span", {}, visible(this.host.line(row))), ...(said === "" ? [] : [h("span", { class: "wbw-hint" }, visible(said))]));
    this.#tip.style.left = `${Math.min(place.x + 12, Math.max(0, this.space.width - 290))}px`;
    this.#tip.style.top = `${place.y > this.space.height - 90 ? place.y - 70 : place.y + 12}px`;
  }

  // ---- drawing

  #resize(): void {
    const { clientWidth, clientHeight } = this.el;
    if (clientWidth === 0 || clientHeight === 0) return;
    const scale = window.devicePixelRatio || 1;
    [this.space.width, this.space.height] = [clientWidth, clientHeight];
    for (const canvas of [this.#canvas, this.#picture]) [canvas.width, canvas.height] = [Math.round(clientWidth * scale), Math.round(clientHeight * scale)];
    this.#redraw();
  }

  #redraw(): void {
    this.#stale = true;
    this.#paint();
  }

  #follow(): void {
    this.#tip.hidden = true;
    clearTimeout(this.#sharp);
    this.#sharp = setTimeout(() => this.#redraw(), 120);
    this.#paint();
  }

  #paint(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#now();
    });
  }

  #now(): void {
    const context = this.#canvas.getContext("2d");
    if (context === null || this.space.width <= 1) return;
    if (this.#stale) this.#points();
    const scale = window.devicePixelRatio || 1;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    const by = this.space.zoom / this.#drawn.zoom;
    const unit = this.space.scale * scale;
    const x = (this.#drawn.middle.x - this.space.middle.x) * unit + (this.#canvas.width / 2) * (1 - by);
    const y = (this.#drawn.middle.y - this.space.middle.y) * unit + (this.#canvas.height / 2) * (1 - by);
    context.drawImage(this.#picture, x, y, this.#canvas.width * by, this.#canvas.height * by);
    context.setTransform(scale, 0, 0, scale, 0, 0);
    this.#rings(context);
    this.#names(context);
    this.#lasso(context);
  }

  #points(): void {
    const context = this.#picture.getContext("2d");
    if (context === null) return;
    const scale = window.devicePixelRatio || 1;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, this.space.width, this.space.height);
    const radius = this.#radius();
    const marks = this.#marks ?? this.#modeMarks();
    for (const lit of this.#lit === null ? [true] : [false, true]) {
      const paths = new Map<number, Path2D>();
      for (let row = 0; row < this.space.count; row++) {
        if (this.#lit !== null && this.#lit(row) !== lit) continue;
        const { x, y } = this.space.screen(row);
        if (!(x > -radius && y > -radius && x < this.space.width + radius && y < this.space.height + radius)) continue;
        const key = marks.key(row);
        let path = paths.get(key);
        if (path === undefined) paths.set(key, (path = new Path2D()));
        marks.trace(path, key, x, y, radius);
      }
      for (const [key, path] of [...paths].sort((a, b) => a[0] - b[0])) {
        context.fillStyle = marks.colour(key);
        context.globalAlpha = lit ? marks.alpha(key) : 0.13;
        context.fill(path);
      }
    }
    context.globalAlpha = 1;
    this.#drawn = { zoom: this.space.zoom, middle: this.space.middle, width: this.space.width, height: this.space.height };
    this.#stale = false;
  }

  #radius = (): number => Math.max(1.6, Math.min(6, 120 / Math.sqrt(this.space.count + 1))) * Math.min(2, Math.sqrt(this.space.zoom));

  #modeMarks(): Marks {
    const retired = new Set(this.#modes.filter((mode) => mode.retired).map((mode) => mode.number));
    return { key: (row) => this.#members[row] ?? -1, colour: colourOf, alpha: (mode) => (mode < 0 ? 0.45 : retired.has(mode) ? 0.35 : 0.8), trace };
  }

  #rings(context: CanvasRenderingContext2D): void {
    context.strokeStyle = getComputedStyle(this.el).color;
    context.lineWidth = 2;
    for (const row of this.#picked) {
      const { x, y } = this.space.screen(row);
      context.beginPath();
      context.arc(x, y, this.#radius() + 4, 0, 2 * Math.PI);
      context.stroke();
    }
  }

  #names(context: CanvasRenderingContext2D): void {
    const style = getComputedStyle(this.el);
    context.font = `600 12px ${style.fontFamily}`;
    context.textAlign = "center";
    context.lineJoin = "round";
    const radius = this.#radius();
    const taken: { left: number; right: number; y: number }[] = [];
    for (const mode of this.#modes.slice(0, NAMED)) {
      const at = this.#place(mode.number);
      if (at === null) continue;
      const name = visible(mode.name.length > 28 ? `${mode.name.slice(0, 27)}…` : mode.name);
      const half = context.measureText(name).width / 2 + 4;
      const x = Math.max(half, Math.min(this.space.width - half, this.space.screenX(at.x)));
      // above its points or below them, and only where there is no room among them
      const near = [this.space.screenY(at.top) - radius - 6, this.space.screenY(at.bottom) + radius + LINE, this.space.screenY(at.y) - 14];
      const free = (y: number) => y >= 12 && y <= this.space.height - 6 && !taken.some((other) => x + half > other.left && x - half < other.right && Math.abs(y - other.y) < LINE);
      const y = near.find(free);
      if (y === undefined) continue;
      taken.push({ left: x - half, right: x + half, y });
      context.strokeStyle = style.backgroundColor;
      context.lineWidth = 4;
      context.strokeText(name, x, y);
      context.fillStyle = style.color;
      context.globalAlpha = mode.retired ? 0.5 : 1;
      context.fillText(name, x, y);
      context.globalAlpha = 1;
    }
  }

  #place(mode: number): Place | null {
    if (this.#places?.of !== this.#members) {
      const sums = new Map<number, Sums>();
      for (let row = 0; row < this.space.count; row++) {
        const { x, y } = this.space.screen(row);
        if (!Number.isFinite(x + y)) continue;
        const number = this.#members[row] ?? -1;
        const sum = sums.get(number) ?? { n: 0, x: 0, y: 0, squares: 0, top: y, bottom: y };
        sums.set(number, { n: sum.n + 1, x: sum.x + x, y: sum.y + y, squares: sum.squares + y * y, top: Math.min(sum.top, y), bottom: Math.max(sum.bottom, y) });
      }
      const at = [...sums].map(([number, sum]): [number, Place] => {
        const y = sum.y / sum.n;
        const reach = STRAY * Math.sqrt(Math.max(0, sum.squares / sum.n - y * y));
        const [top, bottom] = [Math.max(sum.top, y - reach), Math.min(sum.bottom, y + reach)];
        return [number, { x: this.space.mapX(sum.x / sum.n), y: this.space.mapY(y), top: this.space.mapY(top), bottom: this.space.mapY(bottom) }];
      });
      this.#places = { of: this.#members, at: new Map(at) };
    }
    return this.#places?.at.get(mode) ?? null;
  }

  #lasso(context: CanvasRenderingContext2D): void {
    if (this.#outline.length < 2 || this.#hand === null || this.#hand.kind === "pan") return;
    context.beginPath();
    this.#outline.forEach((point, index) => (index === 0 ? context.moveTo(point.x, point.y) : context.lineTo(point.x, point.y)));
    context.closePath();
    context.strokeStyle = getComputedStyle(this.el).color;
    context.lineWidth = 1.5;
    context.setLineDash([5, 4]);
    context.stroke();
    context.setLineDash([]);
  }
}
