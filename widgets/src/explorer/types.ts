export interface Traits {
  points: DataView;
  membership: DataView;
  ids: DataView;
  lines: DataView;
  modes: { name: string; retired: boolean }[];
  title: string;
  acknowledged: string;
  queue: string;
  columns: string[];
  colour: string;
  selected: DataView;
}

/** A mode as it is listed: its number is its place among all that ever were, so that its colour stays. */
export interface Mode {
  number: number;
  name: string;
  retired: boolean;
  size: number;
  share: number;
}

export const floats = (view: DataView): Float32Array => new Float32Array(copied(view));
export const numbers = (view: DataView): Int32Array => new Int32Array(copied(view));
export const strings = (view: DataView): string[] => (view.byteLength === 0 ? [] : (JSON.parse(new TextDecoder().decode(view)) as string[]));

// a buffer from the kernel may begin at any byte, arrays of numbers may not
const copied = (view: DataView): ArrayBuffer => view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength) as ArrayBuffer;
