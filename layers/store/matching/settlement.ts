import { balanceChanges, enterPositions, type Settlement } from "../../domain/orders/settlement.ts";
import { knownPositions, type PositionCache, Stale } from "../ledger/positions.ts";
import type { Database } from "../pg/database.ts";
import { writeSettlement } from "./write-settlement.ts";

/** Another process owns the symbol now: this process must stop writing at once. */
export class Fenced extends Error {
  override readonly name = "Fenced";
}

const ATTEMPTS = 3;

/**
 * Settles a batch in one transaction: watermark, balances, orders, trades, journal, and the events for
 * clients. The statement that writes the trades checks the epoch, so a former owner writes nothing; the
 * watermark moves once, so a batch settles once. No lock is held while this process computes: positions
 * come from memory, and the statement that writes them checks that they have not changed since.
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
      if (!(await writeSettlement(database, settlement, changes, owner)))
        throw new Fenced(`${settlement.symbol} has another owner than epoch ${owner.epoch}`);
      for (const { clientId, position } of changes)
        if (position !== undefined) positions.set(clientId, position.after);
      return;
    } catch (error) {
      positions.clear();
      if (!(error instanceof Stale) || attempt === ATTEMPTS) throw error;
    }
  }
};
