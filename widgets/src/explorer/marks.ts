/**
 * How a mode looks: a colour and a shape, never the colour alone. The colours are of middle lightness and far apart
 * for colour-blind eyes, so that they hold on light and on dark.
 */
const COLOURS = ["#2f7ed8", "#d1660a", "#1a9c76", "#c2569b", "#a08a00", "#5f6fd0", "#d0453f", "#1797b5", "#8a6d3b", "#7a9a01"];
export const NONE = "#8c8c8c";

type Shape = (path: CanvasPath, x: number, y: number, r: number) => void;

const polygon = (corners: number, turn: number, inner = 1): Shape => (path, x, y, r) => {
  const points = inner === 1 ? corners : corners * 2;
  for (let corner = 0; corner < points; corner++) {
    const angle = turn + (corner / points) * 2 * Math.PI;
    const reach = (corner % 2 === 1 ? inner : 1) * r * 1.2;
    const [px, py] = [x + Math.cos(angle) * reach, y + Math.sin(angle) * reach];
    if (corner === 0) path.moveTo(px, py);
    else path.lineTo(px, py);
  }
  path.closePath();
};

const UP = -Math.PI / 2;
const SHAPES: Shape[] = [
  (path, x, y, r) => {
    path.moveTo(x + r, y);
    path.arc(x, y, r, 0, 2 * Math.PI);
  },
  (path, x, y, r) => path.rect(x - r * 0.9, y - r * 0.9, r * 1.8, r * 1.8),
  polygon(3, UP),
  polygon(4, UP),
  polygon(4, Math.PI / 4, 0.35),
  polygon(3, -UP),
  polygon(5, UP, 0.45),
];

export const colourOf = (mode: number): string => (mode < 0 ? NONE : (COLOURS[mode % COLOURS.length] as string));

export function trace(path: CanvasPath, mode: number, x: number, y: number, r: number): void {
  const shape = mode < 0 ? 0 : (mode + Math.floor(mode / COLOURS.length)) % SHAPES.length;
  (SHAPES[shape] as Shape)(path, x, y, mode < 0 ? r * 0.7 : r);
}

/** The mark of a mode for a list. */
export const swatch = (mode: number): HTMLCanvasElement => swatchOf({ colour: colourOf, trace }, mode);

/** One mark for a list. */
export function swatchOf(marks: { colour(key: number): string; trace(path: CanvasPath, key: number, x: number, y: number, r: number): void }, key: number): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  const scale = window.devicePixelRatio || 1;
  canvas.width = canvas.height = 16 * scale;
  canvas.className = "wbw-swatch";
  canvas.setAttribute("aria-hidden", "true");
  const context = canvas.getContext("2d");
  if (context !== null) {
    context.scale(scale, scale);
    context.fillStyle = marks.colour(key);
    context.beginPath();
    marks.trace(context, key, 8, 8, 5);
    context.fill();
  }
  return canvas;
}
