import type { ClientId } from "../domain/identifiers.ts";
import { type Executor, sql, type Transaction } from "./database.ts";

/** What a client may do here. */
export type Account = {
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
};

const toAccount = (row: AccountRow): Account => ({
  currency: row.currency,
  status: row.status,
  openOrders: row.open_orders,
  maxOpenOrders: row.max_open_orders,
});

/** The client's account; undefined before the e-mail address was confirmed. */
export const findAccount = async (
  db: Executor,
  clientId: ClientId,
): Promise<Account | undefined> => {
  const { rows } = await db.query<AccountRow>(sql`
    select currency, status, open_orders, max_open_orders
    from trading.account
    where client_id = ${clientId}`);
  return rows[0] === undefined ? undefined : toAccount(rows[0]);
};

/** Locks the account until the transaction ends, so that its orders come one after the other. */
export const lockAccount = async (tx: Transaction, clientId: ClientId): Promise<void> => {
  await tx.query(sql`select from trading.account where client_id = ${clientId} for update`);
};
