/** The points, where they are on the screen, and which one is near: geometry without a canvas. */
export interface Point {
  x: number;
  y: number;
}

export class Space {
  readonly count: number;
  zoom = 1;
  /** The point of the map, from 0 to 1 both ways, that is in the middle of the view. */
  middle: Point = { x: 0.5, y: 0.5 };
  width = 1;
  height = 1;
  readonly #at: Float32Array;
  readonly #cells = new Map<number, number[]>();
  readonly #wide: number;
  readonly #high: number;
  static readonly GRID = 96;

  constructor(raw: Float32Array) {
    this.count = raw.length / 2;
    this.#at = new Float32Array(raw.length);
    const low = [Infinity, Infinity];
    const high = [-Infinity, -Infinity];
    raw.forEach((value, index) => {
      if (!Number.isFinite(value)) return;
      low[index % 2] = Math.min(low[index % 2] as number, value);
      high[index % 2] = Math.max(high[index % 2] as number, value);
    });
    const [spanX, spanY] = [(high[0] as number) - (low[0] as number), (high[1] as number) - (low[1] as number)];
    const span = Math.max(spanX, spanY) || 1;
    [this.#wide, this.#high] = [Math.max(spanX / span, 0.05) || 1, Math.max(spanY / span, 0.05) || 1];
    for (let index = 0; index < this.count; index++) {
      const [x, y] = [raw[index * 2] as number, raw[index * 2 + 1] as number];
      this.#at[index * 2] = (x - (low[0] as number)) / span + (span - spanX) / span / 2;
      this.#at[index * 2 + 1] = 1 - ((y - (low[1] as number)) / span + (span - spanY) / span / 2);
      if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
      const cell = this.#cell(this.#at[index * 2] as number, this.#at[index * 2 + 1] as number);
      const bucket = this.#cells.get(cell);
      if (bucket === undefined) this.#cells.set(cell, [index]);
      else bucket.push(index);
    }
  }

  get scale(): number {
    return Math.min(this.width / this.#wide, this.height / this.#high) * 0.92 * this.zoom;
  }

  screen(index: number): Point {
    return { x: this.screenX(this.#at[index * 2] as number), y: this.screenY(this.#at[index * 2 + 1] as number) };
  }

  screenX = (x: number): number => (x - this.middle.x) * this.scale + this.width / 2;
  screenY = (y: number): number => (y - this.middle.y) * this.scale + this.height / 2;
  mapX = (x: number): number => (x - this.width / 2) / this.scale + this.middle.x;
  mapY = (y: number): number => (y - this.height / 2) / this.scale + this.middle.y;

  /** The point nearest to a place on the screen, within some pixels. */
  nearest(x: number, y: number, within = 12): number {
    let best = -1;
    let least = within * within;
    for (const index of this.#inside(x - within, y - within, x + within, y + within)) {
      const at = this.screen(index);
      const apart = (at.x - x) ** 2 + (at.y - y) ** 2;
      if (apart < least) [best, least] = [index, apart];
    }
    return best;
  }

  /** The points inside an outline on the screen. */
  within(outline: readonly Point[]): Int32Array {
    const xs = outline.map((point) => point.x);
    const ys = outline.map((point) => point.y);
    const found: number[] = [];
    for (const index of this.#inside(Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys))) {
      if (contains(outline, this.screen(index))) found.push(index);
    }
    return Int32Array.from(found).sort();
  }

  *#inside(left: number, top: number, right: number, bottom: number): Generator<number> {
    const [x0, x1] = [this.#lane(this.mapX(left)), this.#lane(this.mapX(right))];
    const [y0, y1] = [this.#lane(this.mapY(top)), this.#lane(this.mapY(bottom))];
    for (let y = y0; y <= y1; y++) for (let x = x0; x <= x1; x++) yield* this.#cells.get(y * Space.GRID + x) ?? [];
  }

  #lane = (value: number): number => Math.max(0, Math.min(Space.GRID - 1, Math.floor(value * Space.GRID)));
  #cell = (x: number, y: number): number => this.#lane(y) * Space.GRID + this.#lane(x);

  zoomAt(factor: number, x = this.width / 2, y = this.height / 2): void {
    const [mapX, mapY] = [this.mapX(x), this.mapY(y)];
    this.zoom = Math.max(0.8, Math.min(60, this.zoom * factor));
    this.middle = { x: mapX - (x - this.width / 2) / this.scale, y: mapY - (y - this.height / 2) / this.scale };
  }

  pan(dx: number, dy: number): void {
    this.middle = { x: this.middle.x - dx / this.scale, y: this.middle.y - dy / this.scale };
  }

  fit(): void {
    this.zoom = 1;
    this.middle = { x: 0.5, y: 0.5 };
  }
}

export function contains(outline: readonly Point[], { x, y }: Point): boolean {
  let inside = false;
  for (let i = 0, j = outline.length - 1; i < outline.length; j = i++) {
    const [a, b] = [outline[i] as Point, outline[j] as Point];
    if (a.y > y !== b.y > y && x < ((b.x - a.x) * (y - a.y)) / (b.y - a.y) + a.x) inside = !inside;
  }
  return inside;
}
