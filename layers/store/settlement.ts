import {
  type BalanceChange,
  balanceChanges,
  enterPositions,
  type Settlement,
} from "../domain/settlement.ts";
import { type Database, sql, type Transaction } from "./database.ts";
import { abandonAmendments, decideAmendments } from "./decide-amendments.ts";
import { knownPositions, lockBalances, type PositionCache, Stale } from "./positions.ts";
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
      await database.transaction((tx) => writeAll(tx, settlement, changes, owner));
      for (const { clientId, position } of changes)
        if (position !== undefined) positions.set(clientId, position.after);
      return;
    } catch (error) {
      positions.clear();
      if (!(error instanceof Stale) || attempt === ATTEMPTS) throw error;
    }
  }
};

const writeAll = async (
  tx: Transaction,
  settlement: Settlement,
  changes: readonly BalanceChange[],
  { epoch, settledAt }: { readonly epoch: number; readonly settledAt: Date },
): Promise<void> => {
  const { amendments } = settlement;
  // Whoever was fenced leaves by the first, whatever the others find wrong with what he wants to write.
  const [, , , replacing] = await inFlight([
    moveWatermark(tx, settlement, epoch),
    // Replaced orders are written before the balances, which everybody locks first.
    amendments.length > 0 ? lockBalances(tx, changes) : undefined,
    decideAmendments(tx, amendments, settledAt),
    writeSettlement(tx, settlement, changes, settledAt),
  ]);
  if (replacing.length > 0) await abandonAmendments(tx, settlement, replacing, settledAt);
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
  const { count } = await tx.query(sql`
    update trading.book
    set settled_seq = ${settlement.lastSeq},
      last_price = coalesce(${settlement.lastPrice ?? null}, last_price),
      halted = coalesce(${settlement.halted ?? null}, halted)
    where symbol = ${settlement.symbol}
      and epoch = ${epoch}
      and settled_seq = ${settlement.firstSeq - 1}`);
  if (count !== 1) throw new Fenced(`${settlement.symbol} has another owner than epoch ${epoch}`);
};
