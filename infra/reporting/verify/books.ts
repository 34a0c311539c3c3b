import type { ClientId } from "../../../layers/domain/identifiers.ts";
import { sql, type Transaction } from "../../../layers/store/pg/database.ts";

// The data for the check of the reports. It shares no query with the reports, because a fault in a
// shared query would be in both. Times are microseconds since 1970, as in the database.

/** A client whose reports are checked. */
export type Owner = {
  readonly clientId: ClientId;
  readonly fullName: string;
  readonly currency: string;
};

/** A journal entry from the view of one client; amounts that left are negative. */
export type Booking = {
  readonly id: bigint;
  readonly micros: bigint;
  readonly kind: string;
  readonly reference: string;
  readonly asset: string;
  readonly amount: bigint;
  readonly cost: bigint;
};

/** A new price of an instrument; undefined when its reference price was removed. */
export type Tick = { readonly micros: bigint; readonly price: bigint | undefined };

export const listOwners = async (tx: Transaction): Promise<readonly Owner[]> => {
  const { rows } = await tx.query<{
    readonly client_id: ClientId;
    readonly full_name: string;
    readonly currency: string;
  }>(sql`
    select client_id, first_name || ' ' || last_name as full_name, currency
    from trading.account
    join identity.client using (client_id)
    order by client_id`);
  return rows.map((row) => ({
    clientId: row.client_id,
    fullName: row.full_name,
    currency: row.currency,
  }));
};

export const listBookings = async (
  tx: Transaction,
  clientId: ClientId,
): Promise<readonly Booking[]> => {
  const { rows } = await tx.query<{
    readonly journal_id: bigint;
    readonly micros: bigint;
    readonly kind: string;
    readonly reference: string;
    readonly asset: string;
    readonly amount: bigint;
    readonly cost: bigint | null;
    readonly came_in: boolean;
  }>(sql`
    select journal_id, (extract(epoch from created_at) * 1000000)::bigint as micros, kind, reference,
      asset, amount, cost, credit_account = ${clientId} as came_in
    from ledger.journal
    where (debit_account = ${clientId} or credit_account = ${clientId})
      and debit_account <> credit_account`);
  return rows
    .map((row) => ({
      ...{ id: row.journal_id, micros: row.micros, kind: row.kind, reference: row.reference },
      ...{ asset: row.asset, amount: row.came_in ? row.amount : -row.amount },
      cost: row.cost ?? 0n,
    }))
    .sort((left, right) => sign(left.micros - right.micros) || sign(left.id - right.id));
};

/** A stored balance, as the portfolio shows it. */
export type StoredPosition = {
  readonly asset: string;
  readonly owned: bigint;
  readonly cost: bigint;
  readonly realized: bigint;
};

export const listStoredPositions = async (
  tx: Transaction,
  clientId: ClientId,
): Promise<readonly StoredPosition[]> => {
  const { rows } = await tx.query<StoredPosition>(sql`
    select asset, available + held as owned, cost, realized_pnl as realized
    from ledger.balance
    where client_id = ${clientId}
    order by asset`);
  return rows;
};

/**
 * The prices that an instrument is valued at, oldest first: reference prices until its first trade.
 */
export const listTicks = async (tx: Transaction, symbol: string): Promise<readonly Tick[]> => {
  const { rows } = await tx.query<{
    readonly micros: bigint;
    readonly price: bigint;
    readonly seq: bigint;
    readonly place: number;
  }>(sql`
    select (extract(epoch from created_at) * 1000000)::bigint as micros, price, seq,
      split_part(trade_id, '-', 3)::integer as place
    from trading.trade
    where symbol = ${symbol}`);
  const trades = [...rows].sort(
    (left, right) =>
      sign(left.micros - right.micros) || sign(left.seq - right.seq) || left.place - right.place,
  );
  const firstTrade = trades[0]?.micros;
  const references = await listReferenceTicks(tx, symbol);
  return [
    ...references.filter(({ micros }) => firstTrade === undefined || micros < firstTrade),
    ...trades,
  ];
};

/** Each reference price, from the end of the price before it. */
const listReferenceTicks = async (tx: Transaction, symbol: string): Promise<readonly Tick[]> => {
  const { rows } = await tx.query<{
    readonly until_micros: bigint | null;
    readonly price: bigint | null;
  }>(sql`
    select (extract(epoch from until) * 1000000)::bigint as until_micros, price
    from market.former_reference_price
    where symbol = ${symbol}
    union all
    select null, reference_price from market.instrument where symbol = ${symbol}
    order by until_micros nulls last`);
  const ticks: Tick[] = [];
  let micros = -1n;
  for (const row of rows) {
    ticks.push({ micros, price: row.price ?? undefined });
    micros = row.until_micros ?? micros;
  }
  return ticks;
};

/** The start of a day in a time zone, computed by the database. */
export const startOfDay = async (tx: Transaction, day: string, zone: string): Promise<bigint> => {
  const { rows } = await tx.query<{ readonly micros: bigint }>(sql`
    select (extract(epoch from ${day}::timestamp at time zone ${zone}) * 1000000)::bigint as micros`);
  return rows[0]?.micros ?? 0n;
};

const sign = (difference: bigint): number => (difference < 0n ? -1 : difference > 0n ? 1 : 0);
