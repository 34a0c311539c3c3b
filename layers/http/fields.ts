import { z } from "zod";
import { isSymbol, isUuid, type OrderId, type Ticker } from "../domain/identifiers.ts";
import { type Money, parseMoney, type Shares, shares } from "../domain/units.ts";
import { NumberText, wholeNumberOf } from "./json.ts";

/** The text of a decimal, whether it came as a JSON string or as a JSON number. */
const decimalText = (value: unknown): string | undefined => {
  if (typeof value === "string") return value;
  return value instanceof NumberText ? value.text : undefined;
};

/**
 * A field that `read` parses; a value for which it returns undefined is refused with `code` and
 * `message`. `documented` is the JSON Schema that describes the field to clients.
 */
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

/** Money: `"101.00"`, `101` or `101.0`, without a sign or an exponent. */
export const moneyField = field<Money>(
  (value) => {
    const text = decimalText(value);
    return text === undefined ? undefined : parseMoney(text);
  },
  "invalid_money",
  "must be a decimal such as 101.00, without a sign or an exponent, with at most 13 digits before the point and four after it",
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

const CASH_MIN = parseMoney("0.01") ?? 0n;
const CASH_MAX = parseMoney("1000000") ?? 0n;
const CENT = 100n;

/** An amount of cash that is deposited or withdrawn. */
export const cashField = moneyField
  .refine((amount) => amount >= CASH_MIN && amount <= CASH_MAX, {
    error: "must be between 0.01 and 1000000.00",
    params: { code: "amount_out_of_range" },
    abort: true,
  })
  .refine((amount) => amount % CENT === 0n, {
    error: "has at most two decimals",
    params: { code: "amount_too_fine" },
  });

/** A point in time: RFC 3339 with its offset, to the millisecond, in the years 0001 to 9999. */
export const timeField = field<Date>(
  (value) => (typeof value === "string" ? parseTime(value) : undefined),
  "invalid_time",
  "must be an RFC 3339 time such as 2030-12-31T21:00:00Z",
  { type: "string", format: "date-time", examples: ["2030-12-31T21:00:00Z"] },
);

const TIME_CHARACTERS_MAX = 40;
const rfc3339 = z.iso.datetime({ offset: true });

/** With its offset, a time can lie after the year 9999, which RFC 3339 cannot write in UTC. */
const parseTime = (text: string): Date | undefined => {
  if (text.length > TIME_CHARACTERS_MAX || !rfc3339.safeParse(text).success) return undefined;
  const time = new Date(text);
  const year = time.getUTCFullYear();
  return year >= 1 && year <= 9_999 ? time : undefined;
};

/** A whole number from `smallest` to `largest`, which may be written `5`, `5.0` or `5e0`. */
export const wholeField = (
  smallest: number,
  largest: number,
  {
    code = "out_of_range",
    ...documented
  }: { readonly code?: string; readonly [name: string]: unknown } = {},
) =>
  field<number>(
    (value) => {
      const whole = wholeNumberOf(value);
      return whole !== undefined && whole >= smallest && whole <= largest ? whole : undefined;
    },
    code,
    `must be a whole JSON number from ${smallest} to ${largest}`,
    { type: "integer", minimum: smallest, maximum: largest, ...documented },
  );

/** A number of shares, one or more. */
export const sharesField = wholeField(1, Number.MAX_SAFE_INTEGER, {
  code: "invalid_quantity",
  examples: [5],
}).transform((count): Shares => shares(count));

/** The version of an order that the caller has seen: its `lock_version`. */
export const versionField = wholeField(0, 999_999_999, { code: "invalid_version", examples: [3] });

/** A ticker such as `AAPL`. */
export const symbolField = field<Ticker>(
  (value) => (typeof value === "string" && isSymbol(value) ? (value as Ticker) : undefined),
  "invalid_symbol",
  "must be one to six capital letters",
  { type: "string", pattern: "^[A-Z]{1,6}$", examples: ["AAPL"] },
);

/** The id of an order in a path. */
export const orderIdField = field<OrderId>(
  (value) => (typeof value === "string" && isUuid(value) ? (value as OrderId) : undefined),
  "invalid_id",
  "must be a UUID",
  { type: "string", format: "uuid" },
);
