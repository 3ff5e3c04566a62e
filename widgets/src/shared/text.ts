/**
 * Text of a trace, made safe to look at. Traces are written by strangers: marks that turn the reading direction, hide
 * characters or move the cursor are shown by their code, so that what is read is what is there.
 */
const HIDDEN =
  // C0 and C1 controls but tab and newline; direction marks; zero-width and other invisible characters; the tag block; lone surrogates
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]|(?<=^|[\u0000-\u007f])[\u200c\u200d]|\p{Surrogate}/gu;

const code = (character: string): string => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`;

/** The same with every hidden character written out; for titles, names and other places that take a string. */
export function visible(text: string): string {
  return text.replace(/\r\n/g, "\n").replace(HIDDEN, code);
}

/** Text nodes, with hidden characters as marked codes and occurrences of `query` as `<mark>`. */
export function shown(text: string, query = ""): DocumentFragment {
  const fragment = document.createDocumentFragment();
  const clean = text.replace(/\r\n/g, "\n");
  let from = 0;
  for (const found of clean.matchAll(HIDDEN)) {
    marked(fragment, clean.slice(from, found.index), query);
    const span = document.createElement("span");
    span.className = "wbw-hidden-character";
    span.title = "a character that does not show";
    span.textContent = code(found[0]);
    fragment.append(span);
    from = found.index + found[0].length;
  }
  marked(fragment, clean.slice(from), query);
  return fragment;
}

function marked(into: DocumentFragment, text: string, query: string): void {
  if (query === "") {
    if (text !== "") into.append(text);
    return;
  }
  let from = 0;
  for (const at of occurrences(text, query)) {
    if (at > from) into.append(text.slice(from, at));
    const mark = document.createElement("mark");
    mark.textContent = text.slice(at, at + query.length);
    into.append(mark);
    from = at + query.length;
  }
  if (from < text.length) into.append(text.slice(from));
}

/** Where `query` stands in `text`, whatever its case. */
export function occurrences(text: string, query: string): number[] {
  const places: number[] = [];
  const hay = text.toLowerCase();
  const needle = query.toLowerCase();
  // a few letters change length in lower case: then places would be off, so case is kept
  const [where, what] = hay.length === text.length && needle.length === query.length ? [hay, needle] : [text, query];
  for (let at = where.indexOf(what); at >= 0 && what !== ""; at = where.indexOf(what, at + what.length)) places.push(at);
  return places;
}

/** At most `limit` characters on one line. */
export function oneLine(text: string, limit: number): string {
  const flat = visible(text.slice(0, limit * 4)).replace(/\s+/g, " ").trim();
  return flat.length > limit || text.length > limit * 4 ? `${flat.slice(0, limit - 1).trimEnd()}…` : flat;
}

export const count = (n: number): string => n.toLocaleString("en-US");
export const plural = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`;
