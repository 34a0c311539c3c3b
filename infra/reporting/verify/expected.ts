import type { Booking, StoredPosition, Tick } from "./books.ts";

// The figures of the reports, computed a second time in the simplest way: everything is a list that
// is read from its beginning, and gains come from the cash that a trade moved and not from its
// price.

/** A period in microseconds: from the first instant up to the second. */
export type Span = { readonly from: bigint; readonly to: bigint };

/** Money as reports print it: at least two decimals, at most four. */
export const dollars = (amount: bigint): string => {
  const digits = String(amount < 0n ? -amount : amount).padStart(5, "0");
  const [whole, cents, rest] = [digits.slice(0, -4), digits.slice(-4, -2), digits.slice(-2)];
  const fraction = rest === "00" ? cents : (cents + rest).replace(/0+$/, "");
  return `${amount < 0n ? "-" : ""}${whole}.${fraction}`;
};

export const instant = (micros: bigint): string => new Date(Number(micros / 1000n)).toISOString();

/** What was owned of each asset before an instant, in alphabetic order, without zeros. */
export const ownedBefore = (
  bookings: readonly Booking[],
  micros: bigint,
): ReadonlyMap<string, bigint> => {
  const assets = [...new Set(bookings.map(({ asset }) => asset))].sort();
  const owned = assets.map((asset): [string, bigint] => [
    asset,
    bookings
      .filter((booking) => booking.asset === asset && booking.micros < micros)
      .reduce((sum, { amount }) => sum + amount, 0n),
  ]);
  return new Map(owned.filter(([, amount]) => amount !== 0n));
};

/** The lines of a statement: time, kind, reference, asset, amount and the balance after it. */
export const statementLines = (
  bookings: readonly Booking[],
  { from, to }: Span,
  currency: string,
): readonly (readonly string[])[] => {
  const balance = new Map<string, bigint>();
  return bookings.flatMap(({ micros, kind, reference, asset, amount }) => {
    const after = (balance.get(asset) ?? 0n) + amount;
    balance.set(asset, after);
    if (micros < from || micros >= to) return [];
    const show = asset === currency ? dollars : String;
    return [[instant(micros), kind, reference, asset, show(amount), show(after)]];
  });
};

/** A part of a lot that was sold: times of buying and selling, quantity, cost and proceeds. */
type SoldPart = {
  readonly openedAt: bigint;
  readonly openReference: string;
  readonly closedAt: bigint;
  readonly closeReference: string;
  readonly quantity: bigint;
  readonly cost: bigint;
  readonly proceeds: bigint;
};

type Lot = { openedAt: bigint; openReference: string; quantity: bigint; cost: bigint };

/** The result of an instrument by both methods. */
export type Gain = {
  readonly owned: bigint;
  readonly sold: readonly SoldPart[];
  readonly lots: readonly Lot[];
  readonly averageCost: bigint;
  /** The gain at average cost of each sale, by its time. */
  readonly averageGains: readonly { readonly micros: bigint; readonly gain: bigint }[];
};

/** Follows the shares of one instrument; `to` ends the history. */
export const gainOf = (
  bookings: readonly Booking[],
  symbol: string,
  currency: string,
  to: bigint,
): Gain => {
  const cash = cashByTrade(bookings, currency);
  const lots: Lot[] = [];
  const sold: SoldPart[] = [];
  const averageGains: { micros: bigint; gain: bigint }[] = [];
  let [owned, averageCost] = [0n, 0n];
  const moves = bookings.filter(({ asset, micros }) => asset === symbol && micros < to);
  for (const { kind, reference, amount, micros, cost } of moves) {
    if (amount > 0n) {
      const paid = kind === "trade" ? -(cash.get(reference)?.get(symbol) ?? 0n) : cost;
      lots.push({ openedAt: micros, openReference: reference, quantity: amount, cost: paid });
      averageCost += paid;
      owned += amount;
      continue;
    }
    const quantity = -amount;
    const proceeds = cash.get(reference)?.get(symbol) ?? 0n;
    const leaving = (averageCost * quantity) / owned;
    averageCost -= leaving;
    owned -= quantity;
    const parts = takeOldest(lots, quantity);
    if (kind !== "trade") continue;
    averageGains.push({ micros, gain: proceeds - leaving });
    for (const part of parts)
      sold.push({
        ...part,
        ...{ closedAt: micros, closeReference: reference },
        proceeds: (proceeds / quantity) * part.quantity,
      });
  }
  return { owned, sold, lots, averageCost, averageGains };
};

/** The cash that came in with each trade (negative when it went out), by the traded instrument. */
const cashByTrade = (bookings: readonly Booking[], currency: string) => {
  const trades = bookings.filter(({ kind }) => kind === "trade");
  const cash = new Map(
    trades.filter(({ asset }) => asset === currency).map((entry) => [entry.reference, entry]),
  );
  return new Map(
    trades
      .filter(({ asset }) => asset !== currency)
      .map(({ reference, asset }) => [
        reference,
        new Map([[asset, cash.get(reference)?.amount ?? 0n]]),
      ]),
  );
};

const takeOldest = (lots: Lot[], quantity: bigint): readonly Lot[] => {
  const parts: Lot[] = [];
  let missing = quantity;
  while (missing > 0n) {
    const lot = lots[0];
    if (lot === undefined) throw new Error("more shares were sold than were owned");
    const taken = missing < lot.quantity ? missing : lot.quantity;
    const cost = (lot.cost * taken) / lot.quantity;
    parts.push({ ...lot, quantity: taken, cost });
    lot.quantity -= taken;
    lot.cost -= cost;
    missing -= taken;
    if (lot.quantity === 0n) lots.shift();
  }
  return parts;
};

/** The stored balances that follow from the journal, for every asset ever owned. */
export const storedPositions = (
  bookings: readonly Booking[],
  currency: string,
): readonly StoredPosition[] => {
  const end = 2n ** 62n;
  const owned = ownedBefore(bookings, end);
  return [...new Set([currency, ...bookings.map(({ asset }) => asset)])].sort().map((asset) => {
    const gain = asset === currency ? undefined : gainOf(bookings, asset, currency, end);
    return {
      ...{ asset, owned: owned.get(asset) ?? 0n, cost: gain?.averageCost ?? 0n },
      realized: gain?.averageGains.reduce((sum, sale) => sum + sale.gain, 0n) ?? 0n,
    };
  });
};

/** The last price before an instant; undefined when there was none. */
export const priceBefore = (ticks: readonly Tick[], micros: bigint): bigint | undefined => {
  let [low, high] = [-1, ticks.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((ticks[middle]?.micros ?? 0n) < micros) low = middle;
    else high = middle;
  }
  return ticks[low]?.price;
};
