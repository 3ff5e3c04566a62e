/**
 * JSON as it was written, indented. The text is never parsed into numbers and back: 12345678901234567890 would
 * come out as another order number.
 */
export function indented(text: string): string {
  if (!isStructure(text)) return text;
  let out = "";
  let depth = 0;
  const line = () => `\n${"  ".repeat(depth)}`;
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g) ?? [];
  tokens.forEach((token, index) => {
    const next = tokens[index + 1];
    if (token === "{" || token === "[") {
      out += token;
      depth += 1;
      if (next !== "}" && next !== "]") out += line();
    } else if (token === "}" || token === "]") {
      depth -= 1;
      const before = tokens[index - 1];
      out += before === "{" || before === "[" ? token : line() + token;
    } else if (token === ",") out += token + line();
    else out += token === ":" ? ": " : token;
  });
  return out;
}

/** The members of a JSON object as written, or null where the text is none. */
export function members(text: string): [string, string][] | null {
  if (!isStructure(text) || !text.trimStart().startsWith("{")) return null;
  const found: [string, string][] = [];
  let depth = 0;
  let key: string | null = null;
  let value = "";
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g)) {
    const closes = token === "}" || token === "]";
    if (depth === 1 && (token === "," || closes)) {
      if (key !== null) found.push([key, value]);
      key = null;
      value = "";
    } else if (depth === 1 && token === ":" && key === null) {
      key = JSON.parse(value) as string;
      value = "";
    } else if (depth > 0) value += depth > 1 && (token === "," || token === ":") ? `${token} ` : token;
    if (token === "{" || token === "[") depth += 1;
    else if (closes) depth -= 1;
  }
  return found;
}

function isStructure(text: string): boolean {
  if (!/^\s*[{[]/.test(text) || text.length > 1_000_000) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
