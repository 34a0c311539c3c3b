import { type Executor, sql } from "../pg/database.ts";
import type { Lease } from "./shards.ts";

/** A command that has its number: where it stands in its symbol's sequence, and in a trace. */
export type SequencedHead = {
  readonly symbol: string;
  readonly seq: number;
  readonly traceparent: string | undefined;
};

/**
 * Moves up to `limit` committed commands of the leased shards from the outbox into their symbols'
 * sequences, in one statement: gapless numbers, in the order of acceptance. Rows are taken by being
 * there, never by `id > last`, so one that committed late is taken late and never skipped. Nothing is
 * taken under a lease that is lost: the statement locks the shard, and only when there is something to
 * take, so that looking costs no commit.
 *
 * What is taken is told by a bound, not by joining the rows that wait: the statement is planned while
 * there are none, and such a join may then read the whole outbox for each of them.
 */
export const sequenceCommands = async (
  db: Executor,
  leases: readonly Lease[],
  limit: number,
): Promise<readonly SequencedHead[]> => {
  const shards = leases.map(({ shard }) => shard);
  const { rows } = await db.query<{
    readonly symbol: string;
    readonly seq: bigint;
    readonly traceparent: string | null;
  }>(sql`
    with waiting as materialized (
      select outbox_id, shard
      from trading.outbox
      join trading.book using (symbol)
      where shard = any(${shards}::smallint[])
      order by outbox_id
      limit ${limit}
    ), held as materialized (
      select shard.shard
      from trading.shard
      join unnest(${shards}::smallint[], ${leases.map(({ epoch }) => epoch)}::bigint[])
        as mine (shard, epoch) on mine.shard = shard.shard and mine.epoch = shard.epoch
      where shard.shard in (select shard from waiting)
      order by shard.shard
      for share of shard
    ), taken as (
      delete from trading.outbox
      using trading.book
      join held using (shard)
      where outbox.symbol = book.symbol
        and outbox_id <= (select max(outbox_id) from waiting)
      returning outbox_id, outbox.symbol, command, created_at
    ), numbered as (
      select symbol, command, created_at,
        row_number() over (partition by symbol order by outbox_id)
          - count(*) over (partition by symbol) as before_last
      from taken
    ), advanced as (
      insert into trading.sequence as current (symbol, seq)
      select symbol, count(*) from taken group by symbol
      on conflict (symbol) do update set seq = current.seq + excluded.seq
      returning symbol, seq
    )
    insert into trading.command (symbol, seq, command, created_at)
    select symbol, seq + before_last, command, created_at
    from numbered
    join advanced using (symbol)
    order by symbol, before_last
    returning symbol, seq, command ->> 'traceparent' as traceparent`);
  return rows.map(({ symbol, seq, traceparent }) => ({
    symbol,
    seq: Number(seq),
    traceparent: traceparent ?? undefined,
  }));
};
