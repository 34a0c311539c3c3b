import { type Executor, sql } from "../pg/database.ts";
import { outboxOf } from "../pg/outbox.ts";
import type { Lease } from "./shards.ts";

/** A numbered command: its number in the symbol's sequence and its trace context. */
export type SequencedHead = {
  readonly symbol: string;
  readonly seq: number;
  readonly traceparent: string | undefined;
};

/** The most commands that one statement numbers. */
export const SEQUENCED_AT_ONCE = 500;

const OUTBOX = outboxOf({
  table: "trading.outbox",
  atOnce: SEQUENCED_AT_ONCE,
  seen: "symbol = any(array(select symbol from wanted))",
  mine: "symbol = any(array(select symbol from wanted join held using (shard)))",
});

/**
 * Moves the oldest committed commands of the leased shards from the outbox to their symbols'
 * sequences, in one statement: numbers without gaps, in the order of acceptance. Takes nothing
 * under a lost lease: the statement locks the shard, but only when there are commands, so that an
 * empty look costs no commit.
 */
export const sequenceCommands = async (
  db: Executor,
  leases: readonly Lease[],
): Promise<readonly SequencedHead[]> => {
  const shards = leases.map(({ shard }) => shard);
  const { rows } = await db.query<{
    readonly symbol: string;
    readonly seq: bigint;
    readonly traceparent: string | null;
  }>(sql`
    with wanted as materialized (
      select symbol, shard from trading.book where shard = any(${shards}::smallint[])
    ), ${OUTBOX.waiting}, held as materialized (
      select shard.shard
      from trading.shard
      join unnest(${shards}::smallint[], ${leases.map(({ epoch }) => epoch)}::bigint[])
        as lease (shard, epoch) on lease.shard = shard.shard and lease.epoch = shard.epoch
      where shard.shard in (select shard from wanted join waiting using (symbol))
      order by shard.shard
      for share of shard
    ), ${OUTBOX.taken}, numbered as (
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
