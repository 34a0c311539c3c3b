import { assert } from "../assert.ts";
import type { JournalKind } from "../ledger/ledger.ts";

/** A journal entry from the view of one client: amounts that came in are positive. */
export type Activity = {
  readonly journalId: bigint;
  readonly at: Date;
  readonly kind: JournalKind;
  readonly reference: string;
  readonly asset: string;
  readonly amount: bigint;
};

/** An activity with the total of its asset after it: available and held together. */
export type StatementLine = Activity & { readonly balance: bigint };

/** What a client owned of each asset, in ten-thousandths of a currency or in shares. */
export type Balances = ReadonlyMap<string, bigint>;

/**
 * Runs a statement: gives each activity the balance after it, from the opening balances on. Call
 * `close` with the closing balances that were read independently; it throws when they differ, because
 * a statement that does not balance must never become a document.
 */
export const runStatement = (opening: Balances) => {
  const balances = new Map(opening);
  return {
    line: (activity: Activity): StatementLine => {
      const balance = (balances.get(activity.asset) ?? 0n) + activity.amount;
      balances.set(activity.asset, balance);
      return { ...activity, balance };
    },
    close: (closing: Balances): void => {
      for (const asset of new Set([...balances.keys(), ...closing.keys()])) {
        const [reached, stored] = [balances.get(asset) ?? 0n, closing.get(asset) ?? 0n];
        assert(
          reached === stored,
          `the statement reaches ${reached} ${asset} where the books have ${stored}`,
        );
      }
    },
  };
};
