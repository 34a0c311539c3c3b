import { type Executor, sql } from "../pg/database.ts";

/** The most journal rows that one statement adds to the checkpoint. */
const FOLDED_AT_ONCE = 1_000_000;
/**
 * A minute is much longer than any statement, so no process still writes below the position by
 * then.
 */
const MARKED_FOR = "1 minute";

/**
 * How many balances differ from their journal, and how many holds differ from what their orders
 * need. The journal is summed from the last checkpoint; `ledger.imbalance` sums all of it.
 */
export const countDrift = async (
  db: Executor,
): Promise<{ readonly imbalance: number; readonly drift: number }> => {
  const { rows } = await db.query<{ readonly imbalance: bigint; readonly drift: bigint }>(sql`
    select
      (select count(*) from ledger.recent_imbalance) as imbalance,
      (select count(*) from trading.hold_drift) + (select count(*) from trading.hold_fault) as drift`);
  return { imbalance: Number(rows[0]?.imbalance ?? 0n), drift: Number(rows[0]?.drift ?? 0n) };
};

/**
 * Moves the checkpoint of the ledger over rows that can no longer change; returns how many rows.
 * The position was chosen by an earlier call, at least `markedFor` ago (an interval).
 */
export const advanceCheckpoint = async (
  db: Executor,
  { markedFor = MARKED_FOR, atMost = FOLDED_AT_ONCE } = {},
): Promise<number> => {
  const { rows } = await db.query<{ readonly folded: bigint }>(
    sql`select ledger.advance_checkpoint(${atMost}, ${markedFor}) as folded`,
  );
  return Number(rows[0]?.folded ?? 0n);
};
