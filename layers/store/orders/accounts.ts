import type { ClientId } from "../../domain/identifiers.ts";
import type { OwnLimits } from "../../domain/orders/limit.ts";
import type { AccountStatus } from "../../domain/orders/pre-trade-check.ts";
import { type Money, money, shares } from "../../domain/units.ts";
import { type Executor, fragment, sql, type Transaction } from "../pg/database.ts";

/** The status and the limits of a client. */
export type Account = OwnLimits & {
  readonly currency: string;
  readonly status: AccountStatus;
  readonly maxOpenOrders: number;
  readonly maxDailyDeposits: Money;
  /** The rate of accepted orders and replaces in a second, and the burst after a pause. */
  readonly maxOrdersPerSecond: number;
  readonly maxOrderBurst: number;
};

/** An account now, including the facts that change from second to second. */
type AccountNow = Account & { readonly openOrders: number };

type AccountRow = {
  readonly currency: string;
  readonly status: Account["status"];
  readonly max_open_orders: number;
  readonly max_orders_per_second: number;
  readonly max_order_burst: number;
  readonly max_quantity: bigint | null;
  readonly max_notional: bigint | null;
  readonly max_daily_deposits: bigint;
  readonly price_band_bps: number | null;
  readonly duplicate_window_ms: number | null;
};

const COLUMNS = fragment`currency, status, max_open_orders, max_orders_per_second, max_order_burst,
  max_quantity, max_notional, max_daily_deposits, price_band_bps, duplicate_window_ms`;

const toAccount = (row: AccountRow): Account => ({
  currency: row.currency,
  status: row.status,
  maxOpenOrders: row.max_open_orders,
  maxOrdersPerSecond: row.max_orders_per_second,
  maxOrderBurst: row.max_order_burst,
  maxQuantity: row.max_quantity === null ? undefined : shares(Number(row.max_quantity)),
  maxDailyDeposits: money(row.max_daily_deposits),
  maxNotional: row.max_notional === null ? undefined : money(row.max_notional),
  priceBandBps: row.price_band_bps ?? undefined,
  duplicateWindowMs: row.duplicate_window_ms ?? undefined,
});

/** The client's account; undefined before the e-mail address was confirmed. */
export const findAccount = async (
  db: Executor,
  clientId: ClientId,
): Promise<AccountNow | undefined> => {
  const { rows } = await db.query<AccountRow & { readonly open_orders: number }>(sql`
    select ${COLUMNS}, (
      select coalesce(sum(open_orders), 0)::integer
      from ledger.balance
      where balance.client_id = account.client_id) as open_orders
    from trading.account
    where client_id = ${clientId}`);
  const [row] = rows;
  return row && { ...toAccount(row), openOrders: row.open_orders };
};

/** The accounts of several clients; a client without an account is not in the map. */
export const findAccounts = async (
  db: Executor,
  clientIds: readonly ClientId[],
): Promise<ReadonlyMap<ClientId, Account>> => {
  const { rows } = await db.query<AccountRow & { readonly client_id: ClientId }>(sql`
    select client_id, ${COLUMNS}
    from trading.account
    where client_id = any(${clientIds}::uuid[])`);
  return new Map(rows.map((row) => [row.client_id, toAccount(row)]));
};

/** The accounts that an operator has changed within the last minute. */
export const listChangedAccounts = async (db: Executor): Promise<readonly ClientId[]> => {
  const { rows } = await db.query<{ readonly client_id: ClientId }>(sql`
    select client_id
    from trading.account
    where changed_at > clock_timestamp() - interval '1 minute'
      and changed_at > '-infinity'`);
  return rows.map(({ client_id }) => client_id);
};

/**
 * Locks the account until the transaction ends, so that changes of two operators do not overlap.
 */
export const lockAccount = async (tx: Transaction, clientId: ClientId): Promise<void> => {
  await tx.query(sql`select from trading.account where client_id = ${clientId} for update`);
};

/**
 * Keeps an account from being closed until the transaction ends. Returns whether the client has an account
 * that is not closed.
 */
export const lockOpenAccount = async (tx: Transaction, clientId: ClientId): Promise<boolean> => {
  const { rows } = await tx.query(sql`
    select from trading.account
    where client_id = ${clientId} and status <> 'closed'
    for key share`);
  return rows.length === 1;
};
