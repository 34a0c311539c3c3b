import type { ClientId } from "../domain/identifiers.ts";
import type { OwnLimits } from "../domain/limit.ts";
import { money, shares } from "../domain/units.ts";
import { type Executor, sql, type Transaction } from "./database.ts";

/** What a client may do here. */
export type Account = OwnLimits & {
  readonly currency: string;
  readonly status: "active" | "suspended";
  readonly openOrders: number;
  readonly maxOpenOrders: number;
};

type AccountRow = {
  readonly currency: string;
  readonly status: Account["status"];
  readonly open_orders: number;
  readonly max_open_orders: number;
  readonly max_quantity: bigint | null;
  readonly max_notional: bigint | null;
  readonly price_band_bps: number | null;
  readonly duplicate_window_ms: number | null;
};

const toAccount = (row: AccountRow): Account => ({
  currency: row.currency,
  status: row.status,
  openOrders: row.open_orders,
  maxOpenOrders: row.max_open_orders,
  maxQuantity: row.max_quantity === null ? undefined : shares(Number(row.max_quantity)),
  maxNotional: row.max_notional === null ? undefined : money(row.max_notional),
  priceBandBps: row.price_band_bps ?? undefined,
  duplicateWindowMs: row.duplicate_window_ms ?? undefined,
});

/** The client's account; undefined before the e-mail address was confirmed. */
export const findAccount = async (
  db: Executor,
  clientId: ClientId,
): Promise<Account | undefined> => {
  const { rows } = await db.query<AccountRow>(sql`
    select currency, status, open_orders, max_open_orders, max_quantity, max_notional,
      price_band_bps, duplicate_window_ms
    from trading.account
    where client_id = ${clientId}`);
  return rows[0] === undefined ? undefined : toAccount(rows[0]);
};

/** The accounts of several clients; whoever has none is not in the map. */
export const findAccounts = async (
  db: Executor,
  clientIds: readonly ClientId[],
): Promise<ReadonlyMap<ClientId, Account>> => {
  const { rows } = await db.query<AccountRow & { readonly client_id: ClientId }>(sql`
    select client_id, currency, status, open_orders, max_open_orders, max_quantity, max_notional,
      price_band_bps, duplicate_window_ms
    from trading.account
    where client_id = any(${clientIds}::uuid[])`);
  return new Map(rows.map((row) => [row.client_id, toAccount(row)]));
};

/** Locks the account until the transaction ends, so that its orders come one after the other. */
export const lockAccount = async (tx: Transaction, clientId: ClientId): Promise<void> => {
  await tx.query(sql`select from trading.account where client_id = ${clientId} for update`);
};
