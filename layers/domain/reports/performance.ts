import { assert } from "../assert.ts";

/**
 * The value of an account around one external flow: a deposit, a withdrawal, or a grant or removal at
 * its value. `before` is the value just before the flow, after every trade of the same instant.
 */
export type Flow = { readonly at: Date; readonly amount: bigint; readonly before: bigint };

/** An account over a period, in ten-thousandths of its currency; flows by time. */
export type Valued = {
  readonly from: Date;
  readonly to: Date;
  readonly opening: bigint;
  readonly flows: readonly Flow[];
  readonly closing: bigint;
};

/** Returns are fixed-point fractions with this many decimals: 39500 of 10^6 is 3.95 %. */
export const RETURN_DECIMALS = 6;
const ONE = 10n ** 18n;
const SHOWN = 10n ** BigInt(18 - RETURN_DECIMALS);

/**
 * The time-weighted return of a period, as a fraction in millionths, rounded half away from zero.
 *
 * The period is divided at every flow, as the GIPS standards require. The return of a part is its value
 * at the end divided by its value at the start; a part that starts at zero is left out. Undefined when
 * no part has a return.
 */
export const timeWeightedReturn = ({ opening, flows, closing }: Valued): bigint | undefined => {
  let chain = ONE;
  let start = opening;
  let parts = 0;
  for (const part of [...flows, { before: closing, amount: 0n }]) {
    if (start > 0n) {
      chain = (chain * part.before) / start;
      parts += 1;
    }
    start = part.before + part.amount;
    assert(start >= 0n, "an account is worth less than nothing");
  }
  return parts === 0 ? undefined : roundHalfAway(chain - ONE, SHOWN);
};

const roundHalfAway = (value: bigint, unit: bigint): bigint => {
  const magnitude = value < 0n ? -value : value;
  const rounded = (magnitude + unit / 2n) / unit;
  return value < 0n ? -rounded : rounded;
};

const YEAR_MS = 365 * 86_400_000;
const LOWEST_RATE = -0.999_999;
const HIGHEST_RATE = 1e6;

/**
 * The money-weighted return: the yearly rate at which the present values of the flows and of the
 * value at the end sum to zero (XIRR, actual days over 365). It is a ratio, so a float is exact
 * enough. Undefined when no rate between -99.9999 % and 100,000,000 % solves it, or for a period
 * without any money.
 */
export const moneyWeightedReturn = (valued: Valued): number | undefined => {
  const payments = [
    { at: valued.from, amount: -Number(valued.opening) },
    ...valued.flows.map(({ at, amount }) => ({ at, amount: -Number(amount) })),
    { at: valued.to, amount: Number(valued.closing) },
  ].filter(({ amount }) => amount !== 0);
  const presentValue = (rate: number): number =>
    payments.reduce((total, { at, amount }) => {
      const years = (at.getTime() - valued.from.getTime()) / YEAR_MS;
      return total + amount / (1 + rate) ** years;
    }, 0);
  let [low, high] = [LOWEST_RATE, HIGHEST_RATE];
  const atLow = presentValue(low);
  if (payments.length < 2 || !(atLow * presentValue(high) < 0)) return undefined;
  for (let step = 0; step < 200 && high - low > 1e-9 * (1 + Math.abs(low)); step += 1) {
    const middle = (low + high) / 2;
    if (presentValue(middle) * atLow > 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
};
