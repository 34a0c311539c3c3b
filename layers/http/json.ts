import { malformed, Problem } from "./problem.ts";

/** A JSON number as text: `5.0` and `5` stay different until a grammar reads them. */
export class NumberText {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** The largest request body in bytes. */
export const BODY_BYTES_MAX = 64 * 1024;
const DEPTH_MAX = 16;

/**
 * Parses a request body, which must be one JSON object. Numbers become {@link NumberText}. Throws a
 * 413 problem for a body over 64 KiB, and a 400 problem for one that is not JSON, not an object,
 * nested more than 16 levels deep, or that names a key twice.
 */
export const parseBody = (text: string): object => {
  if (Buffer.byteLength(text) > BODY_BYTES_MAX)
    throw new Problem({
      status: 413,
      code: "body_too_large",
      detail: `A body has at most ${BODY_BYTES_MAX} bytes.`,
    });
  const { depth, members } = measureNesting(text);
  if (depth > DEPTH_MAX)
    throw malformed("malformed_json", `A body is nested at most ${DEPTH_MAX} levels deep.`);
  // The reviver is called for every member that remains after parsing, and for the root.
  let membersLeft = -1;
  const keepNumbers = function (this: unknown, _key: string, value: unknown, at: Source): unknown {
    if (!Array.isArray(this)) membersLeft += 1;
    return typeof value === "number" ? new NumberText(at.source) : value;
  };
  const value = parseText(text, keepNumbers);
  if (!isPlainObject(value))
    throw malformed("malformed_json", "The body must be one JSON object, such as {}.");
  if (membersLeft !== members)
    throw malformed("malformed_json", "An object in the body names a key twice.");
  return value;
};

const WHOLE_NUMBER = /^(0|[1-9][0-9]*)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/;
/** Digits of the largest whole number that a JavaScript number holds exactly. */
const WHOLE_DIGITS_MAX = 16;

/**
 * The whole number that a parsed value was written as: `5`, `5.0`, `5e0` and `50e-1` are all five.
 * Reads the text and never converts it to a float. Returns undefined for any other value, for a
 * negative number and for one above `Number.MAX_SAFE_INTEGER`.
 */
export const wholeNumberOf = (value: unknown): number | undefined => {
  if (!(value instanceof NumberText)) return undefined;
  const [, units, fraction = "", exponent = "0"] = WHOLE_NUMBER.exec(value.text) ?? [];
  if (units === undefined) return undefined;
  const digits = `${units}${fraction}`.replace(/^0+/, "");
  if (digits === "") return 0;
  const significant = digits.replace(/0+$/, "");
  const zeros = digits.length - significant.length - fraction.length + Number(exponent);
  if (zeros < 0 || significant.length + zeros > WHOLE_DIGITS_MAX) return undefined;
  const whole = Number(significant + "0".repeat(zeros));
  return Number.isSafeInteger(whole) ? whole : undefined;
};

/** Counts the depth of the text and the members of its objects, without parsing it. */
const measureNesting = (text: string): { readonly depth: number; readonly members: number } => {
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

const isPlainObject = (value: unknown): value is object =>
  typeof value === "object" &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof NumberText);

type Source = { readonly source: string };
type Reviver = (this: unknown, key: string, value: unknown, at: Source) => unknown;

const parseText = (text: string, reviver: Reviver): unknown => {
  try {
    // The third argument of a reviver (ECMAScript 2026) is not in the library types yet.
    return JSON.parse(text, reviver as (key: string, value: unknown) => unknown);
  } catch {
    throw malformed("malformed_json", "The body is not valid JSON.");
  }
};
