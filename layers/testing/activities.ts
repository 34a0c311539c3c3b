import { type Executor, sql } from "../store/pg/database.ts";

/**
 * Records the current state of a client's orders and balances, after a test changed them directly.
 */
export const recordByHand = async (db: Executor, clientId: string): Promise<void> => {
  await db.query(sql`
    insert into trading.activity_outbox (orders, balances)
    values (
      array(
        select trading.recorded(placed) from trading."order" as placed
        where client_id = ${clientId}),
      array(
        select row(client_id, asset, available, held)::trading.recorded_balance
        from ledger.balance
        where client_id = ${clientId}))`);
};
