import { type Database, sql, type Transaction } from "../pg/database.ts";

/**
 * Runs a report on one snapshot of the database, however long writing it takes. A reader that takes
 * nothing for thirty seconds loses its report, because an open snapshot keeps old rows alive.
 */
export const inSnapshot = <T>(
  database: Database,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> =>
  database.transaction(async (tx) => {
    await tx.query(sql`set transaction isolation level repeatable read, read only`);
    await tx.query(sql`set local idle_in_transaction_session_timeout = '30s'`);
    return work(tx);
  });
