import { type Executor, sql } from "../pg/database.ts";

/** How far each symbol's sequence has got, settled or not. */
export const readSequences = async (db: Executor): Promise<ReadonlyMap<string, number>> => {
  const { rows } = await db.query<{ readonly symbol: string; readonly seq: bigint }>(
    sql`select symbol, seq from trading.sequence`,
  );
  return new Map(rows.map(({ symbol, seq }) => [symbol, Number(seq)]));
};

/** How many commands of these shards wait in the outbox, counted up to 10,000, and since when. */
export const readOutbox = async (
  db: Executor,
  shards: readonly number[],
): Promise<{ readonly backlog: number; readonly oldestSeconds: number }> => {
  const { rows } = await db.query<{ readonly backlog: bigint; readonly oldest: number | null }>(sql`
    select count(*) as backlog,
      extract(epoch from clock_timestamp() - min(created_at))::float8 as oldest
    from (
      select outbox.created_at
      from trading.outbox
      join trading.book using (symbol)
      where shard = any(${shards}::smallint[])
      order by outbox_id
      limit 10000
    ) as waiting`);
  return { backlog: Number(rows[0]?.backlog ?? 0n), oldestSeconds: rows[0]?.oldest ?? 0 };
};

/** Removes feed events older than the given age; the trades themselves stay. */
export const purgeEvents = async (db: Executor, olderThanSeconds: number): Promise<void> => {
  await db.query(sql`
    delete from market.event
    where (symbol, last_seq) in (
      select symbol, last_seq
      from market.event
      where created_at < clock_timestamp() - ${olderThanSeconds} * interval '1 second'
      order by created_at
      limit 20000)`);
};

/**
 * Removes commands that were settled and are older than the given age, some at a time; orders, trades
 * and journal stay.
 */
export const purgeCommands = async (db: Executor, olderThanDays: number): Promise<void> => {
  await db.query(sql`
    delete from trading.command
    where (symbol, seq) in (
      select symbol, oldest.seq
      from trading.book
      cross join lateral (
        select seq, created_at
        from trading.command
        where command.symbol = book.symbol and seq <= settled_seq
        order by seq
        limit 5000
      ) as oldest
      where oldest.created_at < clock_timestamp() - ${olderThanDays} * interval '1 day')`);
};
