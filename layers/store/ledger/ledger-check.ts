import { type Executor, sql } from "../pg/database.ts";

/** So many journal rows are folded into the checkpoint at once: a bound on one statement. */
const FOLDED_AT_ONCE = 1_000_000;
/** A minute is far more than a statement may take: nothing is being written below the place by then. */
const MARKED_FOR = "1 minute";

/**
 * How many balances differ from their journal, and how many holds from what their orders need. The
 * journal is folded from the last checkpoint on; `ledger.imbalance` folds all of it.
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
 * Moves the checkpoint of the ledger over what cannot change any more; answers over how many journal
 * rows. What it moves over was chosen by an earlier call, `markedFor` ago at least (an interval).
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
