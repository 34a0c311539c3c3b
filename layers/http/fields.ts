import { z } from "zod";
import { isSymbol, isUuid, type OrderId, type Ticker } from "../domain/identifiers.ts";
import { type Money, parseMoney, parseShares, type Shares } from "../domain/units.ts";
import { NumberText } from "./json.ts";

/** The text of a decimal, whether it came as a JSON string or as a JSON number. */
const decimalText = (value: unknown): string | undefined => {
  if (typeof value === "string") return value;
  return value instanceof NumberText ? value.text : undefined;
};

/** A field read by a grammar: the schema that documents it is beside the function that reads it. */
export const field = <Value>(
  read: (value: unknown) => Value | undefined,
  code: string,
  message: string,
  documented: Record<string, unknown>,
) =>
  z
    .unknown()
    .transform((value, context): Value => {
      const parsed = read(value);
      if (parsed !== undefined) return parsed;
      const missing = value === undefined;
      context.addIssue({
        code: "custom",
        message: missing ? "is required" : message,
        params: { code: missing ? "required" : code },
      });
      return z.NEVER;
    })
    .meta(documented);

/** Money or a price: `"101.00"`, `101` or `101.0`; never a sign, never an exponent. */
export const moneyField = field<Money>(
  (value) => {
    const text = decimalText(value);
    return text === undefined ? undefined : parseMoney(text);
  },
  "invalid_money",
  "must be a decimal with at most 13 digits before the point and four after it",
  {
    type: ["string", "number"],
    pattern: "^(0|[1-9][0-9]{0,12})(\\.[0-9]{1,4})?$",
    description: "A decimal, best sent as a string.",
    examples: ["101.00"],
  },
);

/** A price: money above zero. */
export const priceField = moneyField.refine((price) => price > 0n, {
  error: "must be above zero",
  params: { code: "invalid_money" },
});

/** A point in time: RFC 3339 with its offset, to the millisecond. */
export const timeField = field<Date>(
  (value) => (typeof value === "string" && isTime(value) ? new Date(value) : undefined),
  "invalid_time",
  "must be an RFC 3339 time such as 2030-12-31T21:00:00Z",
  { type: "string", format: "date-time", examples: ["2030-12-31T21:00:00Z"] },
);

const rfc3339 = z.iso.datetime({ offset: true });
const isTime = (text: string): boolean => text.length <= 40 && rfc3339.safeParse(text).success;

/** A whole number of shares, one or more. */
export const sharesField = field<Shares>(
  (value) => (value instanceof NumberText ? parseShares(value.text) : undefined),
  "invalid_quantity",
  "must be a whole number, one or more",
  { type: "integer", minimum: 1, examples: [5] },
);

/** A row version, as a caller read it. */
export const versionField = field<number>(
  (value) =>
    value instanceof NumberText && /^(0|[1-9][0-9]{0,8})$/.test(value.text)
      ? Number(value.text)
      : undefined,
  "invalid_version",
  "must be a whole number",
  { type: "integer", minimum: 0, examples: [3] },
);

/** A ticker such as `AAPL`. */
export const symbolField = field<Ticker>(
  (value) => (typeof value === "string" && isSymbol(value) ? (value as Ticker) : undefined),
  "invalid_symbol",
  "must be one to six capital letters",
  { type: "string", pattern: "^[A-Z]{1,6}$", examples: ["AAPL"] },
);

/** An order's identifier in a path; anything that is no UUID names no order. */
export const orderIdField = field<OrderId>(
  (value) => (typeof value === "string" && isUuid(value) ? (value as OrderId) : undefined),
  "invalid_id",
  "must be a UUID",
  { type: "string", format: "uuid" },
);
