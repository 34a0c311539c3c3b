import { type Executor, sql } from "../store/pg/database.ts";

/** How many rows of a table a step reads in this transaction. */
export const rowsRead = async (
  tx: Executor,
  table: string,
  step: () => Promise<unknown>,
): Promise<number> => {
  const soFar = async (): Promise<number> => {
    const { rows } = await tx.query<{ readonly read: bigint }>(sql`
      select seq_tup_read + idx_tup_fetch as read
      from pg_stat_xact_user_tables where relname = ${table}`);
    return Number(rows[0]?.read ?? 0n);
  };
  const before = await soFar();
  await step();
  return (await soFar()) - before;
};
