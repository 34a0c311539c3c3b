import type { ClientId } from "../../domain/identifiers.ts";
import { sql, type Transaction } from "../pg/database.ts";

/**
 * Lists what prevents an account from being closed: open orders, assets, and pending withdrawals.
 * Locks the account, so that no order is accepted while it closes.
 */
export const findLeftovers = async (
  tx: Transaction,
  clientId: ClientId,
): Promise<readonly string[]> => {
  await tx.query(sql`select from trading.account where client_id = ${clientId} for update`);
  const { rows } = await tx.query<{ name: string }>(sql`
    select name from (
      select 1 as n, 'open_orders' as name
      where exists (select from ledger.balance where client_id = ${clientId} and held > 0)
      union all
      select 2, asset from ledger.balance where client_id = ${clientId} and available + held > 0
      union all
      select 3, 'withdrawals'
      where exists (
        select from ledger.withdrawal where client_id = ${clientId} and status = 'pending')
    ) as leftover
    order by n, name`);
  return rows.map(({ name }) => name);
};
