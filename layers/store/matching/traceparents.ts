import { type Executor, sql } from "../pg/database.ts";

/** A command whose request is traced. */
type TracedCommand = {
  readonly symbol: string;
  readonly seq: number;
  readonly traceparent: string;
};

/** Reads the trace contexts of the traced commands in some ranges of sequences. */
export const readTraceparents = async (
  db: Executor,
  stretches: readonly {
    readonly symbol: string;
    readonly firstSeq: number;
    readonly lastSeq: number;
  }[],
): Promise<readonly TracedCommand[]> => {
  const { rows } = await db.query<{
    readonly symbol: string;
    readonly seq: bigint;
    readonly traceparent: string;
  }>(sql`
    select command.symbol, command.seq, command.traceparent
    from unnest(
      ${stretches.map(({ symbol }) => symbol)}::text[],
      ${stretches.map(({ firstSeq }) => firstSeq)}::bigint[],
      ${stretches.map(({ lastSeq }) => lastSeq)}::bigint[]) as stretch (symbol, first_seq, last_seq)
    join trading.command_trace as command
      on command.symbol = stretch.symbol
      and command.seq between stretch.first_seq and stretch.last_seq
    where command.traceparent is not null`);
  return rows.map(({ symbol, seq, traceparent }) => ({ symbol, seq: Number(seq), traceparent }));
};
