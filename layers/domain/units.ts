import { assert } from "./assert.ts";
import type { Brand } from "./brand.ts";

/**
 * Cash or a price, in ten-thousandths of the currency unit. A bigint, so that no float can enter.
 */
export type Money = Brand<bigint, "Money">;

/** A number of shares: a safe integer, zero or more. */
export type Shares = Brand<number, "Shares">;

/** Ten-thousandths in one unit of the currency. */
const MONEY_SCALE = 10_000n;

/** The largest amount the database can store (a signed 64-bit integer). */
const MONEY_LIMIT = 2n ** 63n;

const MONEY_GRAMMAR = /^(0|[1-9][0-9]{0,12})(?:\.([0-9]{1,4}))?$/;

/** Brands an integer number of ten-thousandths; throws when it does not fit in 64 bits. */
export const money = (tenThousandths: bigint): Money => {
  assert(
    tenThousandths > -MONEY_LIMIT && tenThousandths < MONEY_LIMIT,
    `money out of range: ${tenThousandths}`,
  );
  return tenThousandths as Money;
};

/** Brands a number of shares; throws unless it is a safe integer, zero or more. */
export const shares = (count: number): Shares => {
  assert(Number.isSafeInteger(count) && count >= 0, `not a number of shares: ${count}`);
  return count as Shares;
};

export const NO_MONEY = money(0n);
export const NO_SHARES = shares(0);

/** The only place where a price meets a quantity. */
export const notional = (price: Money, quantity: Shares): Money => money(price * BigInt(quantity));

/**
 * Reads a decimal such as `"101"`, `"101.0"` or `"0.0001"`: no sign, no exponent, no leading `+`,
 * at most 13 digits before the point and four after it. Undefined for anything else.
 */
export const parseMoney = (text: string): Money | undefined => {
  const match = MONEY_GRAMMAR.exec(text);
  if (match === null) return undefined;
  const [, units = "0", fraction = ""] = match;
  return money(BigInt(units) * MONEY_SCALE + BigInt(fraction.padEnd(4, "0")));
};

/** Formats money as it is sent: `"101.00"`, `"0.0001"`, `"-3.50"`. */
export const formatMoney = (amount: bigint): string => {
  const magnitude = amount < 0n ? -amount : amount;
  const fraction = (magnitude % MONEY_SCALE).toString().padStart(4, "0");
  const shown = fraction.endsWith("00") ? fraction.slice(0, 2) : fraction.replace(/0$/, "");
  return `${amount < 0n ? "-" : ""}${magnitude / MONEY_SCALE}.${shown}`;
};
