import { type Executor, sql } from "../pg/database.ts";

/** The last number of each symbol's sequence, and the last settled number. */
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

/** How far one symbol is matched, and what waits for it. */
export type SymbolState = {
  readonly symbol: string;
  readonly shard: number;
  readonly lastSeq: number;
  readonly settledSeq: number;
  readonly waitingForOpen: number;
  readonly restingOrders: number;
  /** The command that could not be applied and stopped the symbol. */
  readonly failedSeq: number | undefined;
};

/** Reads the state of every symbol that has a book. */
export const readSymbolStates = async (db: Executor): Promise<readonly SymbolState[]> => {
  const { rows } = await db.query<{
    readonly symbol: string;
    readonly shard: number;
    readonly last_seq: bigint;
    readonly settled_seq: bigint;
    readonly failed_seq: bigint | null;
    readonly waiting: bigint;
    readonly resting: bigint;
  }>(sql`
    select symbol, shard, coalesce(seq, 0) as last_seq, settled_seq, failed_seq,
      (select count(*) from trading.waiting where waiting.symbol = book.symbol) as waiting,
      (select count(*) from trading.resting_order as resting
       where resting.symbol = book.symbol) as resting
    from trading.book
    left join trading.sequence using (symbol)
    order by symbol`);
  return rows.map((row) => ({
    symbol: row.symbol,
    shard: row.shard,
    lastSeq: Number(row.last_seq),
    settledSeq: Number(row.settled_seq),
    waitingForOpen: Number(row.waiting),
    restingOrders: Number(row.resting),
    failedSeq: row.failed_seq === null ? undefined : Number(row.failed_seq),
  }));
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
 * Deletes settled commands that are older than the given age, in parts; orders, trades and journal
 * stay.
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
