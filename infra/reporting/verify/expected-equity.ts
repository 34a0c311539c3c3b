import type { Booking, Tick } from "./books.ts";
import { priceBefore } from "./expected.ts";

/** The expected values of the equity report at a point. */
type ExpectedPoint = {
  readonly micros: bigint;
  readonly cash: bigint;
  readonly marketValue: bigint;
  readonly flow: bigint;
};

type Payment = { readonly micros: bigint; readonly amount: number };

/** The points and the inputs of the two returns. */
type ExpectedEquity = {
  readonly points: readonly ExpectedPoint[];
  readonly timeWeighted: number | undefined;
  /**
   * Payments into the account are negative, as the owner sees them; the value at the end comes
   * last.
   */
  readonly payments: readonly Payment[];
};

type Facts = {
  readonly bookings: readonly Booking[];
  readonly currency: string;
  /** In microseconds, ascending; the first is the start of the period and the last its end. */
  readonly points: readonly bigint[];
  readonly ticksOf: (symbol: string) => readonly Tick[];
};

const isOutside = ({ kind }: Booking): boolean => kind !== "trade" && kind !== "fee";

/** The report has a resolution of a millisecond: in the same millisecond trades come before flows. */
const millisecond = (micros: bigint): bigint => micros / 1000n;

/** Goes through an account once, from its first entry on. */
export const expectedEquity = ({ bookings, currency, points, ticksOf }: Facts): ExpectedEquity => {
  const owned = new Map<string, bigint>();
  const worth = (before: bigint): bigint =>
    [...owned]
      .filter(([asset, quantity]) => asset !== currency && quantity !== 0n)
      .map(([asset, quantity]) => quantity * (priceBefore(ticksOf(asset), before) ?? 0n))
      .reduce((sum, value) => sum + value, 0n);
  const equity = (before: bigint): bigint => (owned.get(currency) ?? 0n) + worth(before);
  const ordered = inOrder(bookings);
  const start = points[0] ?? 0n;
  const shown: ExpectedPoint[] = [];
  const payments: Payment[] = [];
  let growth: number | undefined;
  let base = 0n;
  let next = 0;
  for (const micros of points) {
    let flow = 0n;
    for (; next < ordered.length; next += 1) {
      const booking = ordered[next];
      if (booking === undefined || booking.micros >= micros) break;
      const afterwards = (millisecond(booking.micros) + 1n) * 1000n;
      const before = equity(afterwards);
      owned.set(booking.asset, (owned.get(booking.asset) ?? 0n) + booking.amount);
      if (!isOutside(booking) || booking.micros < start) continue;
      if (base > 0n) growth = (growth ?? 1) * (Number(before) / Number(base));
      base = equity(afterwards);
      flow += base - before;
      payments.push({ micros: booking.micros, amount: -Number(base - before) });
    }
    const [cash, marketValue] = [owned.get(currency) ?? 0n, worth(micros)];
    shown.push({ micros, cash, marketValue, flow });
    if (micros === start) base = cash + marketValue;
    if (micros === start && base !== 0n) payments.push({ micros, amount: -Number(base) });
  }
  const last = shown.at(-1);
  const end = (last?.cash ?? 0n) + (last?.marketValue ?? 0n);
  if (base > 0n) growth = (growth ?? 1) * (Number(end) / Number(base));
  payments.push({ micros: last?.micros ?? 0n, amount: Number(end) });
  return { points: shown, payments, timeWeighted: growth === undefined ? undefined : growth - 1 };
};

const inOrder = (bookings: readonly Booking[]): readonly Booking[] =>
  [...bookings].sort(
    (left, right) =>
      Number(millisecond(left.micros) - millisecond(right.micros)) ||
      Number(isOutside(left)) - Number(isOutside(right)) ||
      Number(left.micros - right.micros) ||
      Number(left.id - right.id),
  );

const YEAR_MICROS = 365 * 86_400 * 1e6;

/**
 * Returns whether the present values of the payments sum to zero at a yearly rate that was rounded
 * to a millionth.
 */
export const solves = (payments: readonly Payment[], rate: number): boolean => {
  const start = Number(payments[0]?.micros ?? 0n);
  const valueAt = (yearly: number): number =>
    payments.reduce((sum, { micros, amount }) => {
      return sum + amount / (1 + yearly) ** ((Number(micros) - start) / YEAR_MICROS);
    }, 0);
  const size = payments.reduce((sum, { amount }) => sum + Math.abs(amount), 0);
  const step = 2e-6 + 1e-8 * Math.abs(rate);
  const [below, above] = [valueAt(Math.max(rate - step, -0.9999995)), valueAt(rate + step)];
  return below * above <= 0 || Math.abs(valueAt(rate)) < 1e-6 * size;
};
