import { malformed, Problem } from "./problem.ts";

/** A JSON number as it was written: `1e3` and `1000` stay different until a grammar reads them. */
export class NumberText {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export const BODY_BYTES_MAX = 64 * 1024;
const DEPTH_MAX = 16;

/** Counts what the text nests and how many members its objects name, without building anything. */
const survey = (text: string): { readonly depth: number; readonly members: number } => {
  let depth = 0;
  let deepest = 0;
  let members = 0;
  let quoted = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (quoted) {
      if (character === "\\") index += 1;
      else if (character === '"') quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === ":") members += 1;
    else if (character === "{" || character === "[") {
      depth += 1;
      if (depth > deepest) deepest = depth;
    } else if (character === "}" || character === "]") depth -= 1;
  }
  return { depth: deepest, members };
};

/**
 * Parses a request body: numbers become {@link NumberText}, and a body that is too large, too deep,
 * no JSON at all, or names one key twice is a 413 or 400 problem.
 */
export const parseJson = (text: string): unknown => {
  if (Buffer.byteLength(text) > BODY_BYTES_MAX)
    throw new Problem({
      status: 413,
      code: "body_too_large",
      detail: `A body has at most ${BODY_BYTES_MAX} bytes.`,
    });
  const { depth, members } = survey(text);
  if (depth > DEPTH_MAX)
    throw malformed("malformed_json", `A body nests at most ${DEPTH_MAX} levels.`);
  // The reviver meets every member that survived parsing, and once the root itself.
  let kept = -1;
  const keepNumbers = function (this: unknown, _key: string, value: unknown, at: Source): unknown {
    if (!Array.isArray(this)) kept += 1;
    return typeof value === "number" ? new NumberText(at.source) : value;
  };
  const value = parse(text, keepNumbers);
  if (kept !== members)
    throw malformed("malformed_json", "An object of the body names one key twice.");
  return value;
};

type Source = { readonly source: string };
type Reviver = (this: unknown, key: string, value: unknown, at: Source) => unknown;

const parse = (text: string, reviver: Reviver): unknown => {
  try {
    // The third argument of a reviver (ECMAScript 2026) is not in the library types yet.
    return JSON.parse(text, reviver as (key: string, value: unknown) => unknown);
  } catch {
    throw malformed("malformed_json", "The body is not JSON.");
  }
};
