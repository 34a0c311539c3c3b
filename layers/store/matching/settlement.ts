import { BrokenInvariant } from "../../domain/assert.ts";
import { balanceChanges, enterPositions, type Settlement } from "../../domain/orders/settlement.ts";
import { knownPositions, type PositionCache, Stale } from "../ledger/positions.ts";
import { type Database, type Executor, sql } from "../pg/database.ts";
import { writeSettlement } from "./write-settlement.ts";

/** Another process owns the symbol now: this process must stop writing at once. */
export class Fenced extends Error {
  override readonly name = "Fenced";
}

/** How often a batch is settled without a lock before the book is locked. */
const ATTEMPTS = 3;

type Owner = {
  readonly epoch: number;
  readonly settledAt: Date;
  readonly positions: PositionCache;
};

/**
 * Settles a batch in one transaction: watermark, balances, orders, trades, journal, and the events for
 * clients. The statement that writes the trades checks the epoch, so a former owner writes nothing; the
 * watermark moves once, so a batch settles once. No lock is held while this process computes: positions
 * come from memory, and the statement that writes them checks that they have not changed since. When
 * adjustments have changed them at every attempt, the book is locked first: an adjustment locks it too.
 */
export const settle = async (
  database: Database,
  settlement: Settlement,
  owner: Owner,
): Promise<void> => {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1)
    try {
      return await write(database, settlement, owner);
    } catch (error) {
      owner.positions.clear();
      // With a position from before a grant, a sale can be larger than the position. Only the
      // positions that are read under the lock below are certain.
      if (!(error instanceof Stale || error instanceof BrokenInvariant)) throw error;
    }
  await database.transaction(async (tx) => {
    await tx.query(sql`
      select from trading.book where symbol = ${settlement.symbol} for update`);
    await write(tx, settlement, owner);
  });
};

const write = async (
  db: Executor,
  settlement: Settlement,
  { epoch, settledAt, positions }: Owner,
): Promise<void> => {
  const before = await knownPositions(db, settlement, positions);
  const changes = enterPositions(settlement, balanceChanges(settlement), before);
  if (!(await writeSettlement(db, settlement, changes, { epoch, settledAt })))
    throw new Fenced(`${settlement.symbol} has another owner than epoch ${epoch}`);
  for (const { clientId, position } of changes)
    if (position !== undefined) positions.set(clientId, position.after);
};
