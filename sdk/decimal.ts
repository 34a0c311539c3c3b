const GRAMMAR = /^(-?)([0-9]{1,13})(?:\.([0-9]{1,4}))?$/;
const SCALE = 10_000n;

/** A decimal of the API as ten-thousandths, exactly; undefined when the text is no such decimal. */
export const parseDecimal = (text: string): bigint | undefined => {
  const match = GRAMMAR.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = "0", fraction = ""] = match;
  const units = BigInt(whole) * SCALE + BigInt(fraction.padEnd(4, "0"));
  return sign === "-" ? -units : units;
};

/** Ten-thousandths as the API writes them: two decimals, or up to four where they are needed. */
export const formatDecimal = (units: bigint): string => {
  const absolute = units < 0n ? -units : units;
  const fraction = String(absolute % SCALE)
    .padStart(4, "0")
    .replace(/0{1,2}$/, "");
  return `${units < 0n ? "-" : ""}${absolute / SCALE}.${fraction}`;
};

/** Orders two decimals of the API by value: negative when `a` is smaller. */
export const compareDecimals = (a: string, b: string): number => {
  const left = parseDecimal(a) ?? 0n;
  const right = parseDecimal(b) ?? 0n;
  if (left === right) return 0;
  return left < right ? -1 : 1;
};
