import {
  type BalanceChange,
  balanceChanges,
  enterPositions,
  type Settlement,
} from "../../domain/orders/settlement.ts";
import { knownPositions, lockBalances, type PositionCache, Stale } from "../ledger/positions.ts";
import { type Database, sql, type Transaction } from "../pg/database.ts";
import { decideAmendments } from "./decide-amendments.ts";
import { writeSettlement } from "./write-settlement.ts";

/** Another process owns the symbol now: whoever sees this must stop writing at once. */
export class Fenced extends Error {
  override readonly name = "Fenced";
}

const ATTEMPTS = 3;

/**
 * Settles a batch in one transaction: watermark, balances, orders, trades, journal, the feed's event
 * and the notices. The epoch is checked by the statement that moves the watermark, so a former owner
 * writes nothing; the watermark moves once, so a batch settles once. Nothing is locked while this
 * process thinks: positions come from memory, and the statement that writes them checks that they are
 * what they were taken for.
 */
export const settle = async (
  database: Database,
  settlement: Settlement,
  owner: { readonly epoch: number; readonly settledAt: Date; readonly positions: PositionCache },
): Promise<void> => {
  const { positions } = owner;
  const moved = balanceChanges(settlement);
  for (let attempt = 1; ; attempt += 1) {
    const before = await knownPositions(database, settlement, positions);
    const changes = enterPositions(settlement, moved, before);
    try {
      const isSettled =
        settlement.amendments.length === 0
          ? await writeSettlement(database, settlement, changes, owner)
          : await database.transaction((tx) => writeWithReplaces(tx, settlement, changes, owner));
      if (!isSettled) throw fenced(settlement, owner.epoch);
      for (const { clientId, position } of changes)
        if (position !== undefined) positions.set(clientId, position.after);
      return;
    } catch (error) {
      positions.clear();
      if (!(error instanceof Stale) || attempt === ATTEMPTS) throw error;
    }
  }
};

const fenced = ({ symbol }: Settlement, epoch: number): Fenced =>
  new Fenced(`${symbol} has another owner than epoch ${epoch}`);

/** Replaced orders are written before the balances, which everybody locks first. */
const writeWithReplaces = async (
  tx: Transaction,
  settlement: Settlement,
  changes: readonly BalanceChange[],
  { epoch, settledAt }: { readonly epoch: number; readonly settledAt: Date },
): Promise<boolean> => {
  // Whoever was fenced leaves by the first, whatever the others find wrong with what he wants to write.
  const [, , , isSettled] = await inFlight([
    moveWatermark(tx, settlement, epoch),
    lockBalances(tx, changes),
    decideAmendments(tx, settlement.amendments, settledAt),
    writeSettlement(tx, settlement, changes, { epoch: undefined, settledAt }),
  ]);
  return isSettled;
};

/** Waits for statements that were sent together. Of several that fail, the first is the reason. */
const inFlight = async <const Results extends readonly unknown[]>(asked: Results) => {
  for (const outcome of await Promise.allSettled(asked))
    if (outcome.status === "rejected") throw outcome.reason;
  return Promise.all(asked);
};

const moveWatermark = async (
  tx: Transaction,
  settlement: Settlement,
  epoch: number,
): Promise<void> => {
  const { symbol, firstSeq, lastSeq, lastPrice, halted } = settlement;
  const { rows } = await tx.query<{ readonly is_moved: boolean }>(sql`
    select trading.move_watermark(
      ${symbol}, ${epoch}, ${firstSeq}, ${lastSeq}, ${lastPrice}, ${halted}) as is_moved`);
  if (rows[0]?.is_moved !== true) throw fenced(settlement, epoch);
};
