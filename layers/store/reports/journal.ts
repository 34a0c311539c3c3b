import type { ClientId } from "../../domain/identifiers.ts";
import type { JournalKind } from "../../domain/ledger/ledger.ts";
import type { Period } from "../../domain/reports/period.ts";
import type { Activity, Balances } from "../../domain/reports/statement.ts";
import { type Executor, fragment, sql, type Transaction } from "../pg/database.ts";

/** The most rows read at once, which limits the memory of a report. */
export const ROWS_A_PAGE = 250;

/**
 * A client's entries: positive amounts came in, negative amounts left, without moves between its
 * own buckets. Must follow `with client (client_id) as (…)`.
 */
const OWN_ENTRIES = fragment`
  own as (
    select journal_id, created_at, kind, reference, asset, amount, cost
    from ledger.journal
    where credit_account = (select client_id from client) and debit_account <> credit_account
    union all
    select journal_id, created_at, kind, reference, asset, -amount, cost
    from ledger.journal
    where debit_account = (select client_id from client) and debit_account <> credit_account
  )`;

/** Sums a client's entries before an instant, by asset: what it owned then. */
export const balancesBefore = async (
  db: Executor,
  clientId: ClientId,
  before: Date,
): Promise<Balances> => {
  const { rows } = await db.query<{ readonly asset: string; readonly balance: bigint }>(sql`
    with client (client_id) as (values (${clientId}::uuid)), ${OWN_ENTRIES}
    select asset, sum(amount)::bigint as balance
    from own
    where created_at < ${before}
    group by asset
    order by asset`);
  return new Map(rows.map(({ asset, balance }) => [asset, balance]));
};

/** Reads what a client owns now from its stored balances, which must agree with the journal. */
export const storedBalances = async (db: Executor, clientId: ClientId): Promise<Balances> => {
  const { rows } = await db.query<{ readonly asset: string; readonly balance: bigint }>(sql`
    select asset, available + held as balance
    from ledger.balance
    where client_id = ${clientId}
    order by asset`);
  return new Map(rows.map(({ asset, balance }) => [asset, balance]));
};

/** Whether a time has passed by the clock of the database, which dates the journal. */
export const hasPassed = async (db: Executor, time: Date): Promise<boolean> => {
  const { rows } = await db.query<{ readonly passed: boolean }>(
    sql`select clock_timestamp() >= ${time} as passed`,
  );
  return rows[0]?.passed === true;
};

/** An activity with the recorded cost of granted shares. */
export type Entry = Activity & { readonly cost: bigint | undefined };

type EntryRow = {
  readonly journal_id: bigint;
  readonly created_at: Date;
  readonly kind: JournalKind;
  readonly reference: string;
  readonly asset: string;
  readonly amount: bigint;
  readonly cost: bigint | null;
};

/**
 * Reads the entries of a period, by time and then by journal number, in pages of limited size. It
 * uses a cursor, so every page costs the same. At most one reader in a transaction at a time,
 * because the cursor has a fixed name.
 */
export async function* readEntries(
  tx: Transaction,
  clientId: ClientId,
  { from, to }: Period,
): AsyncGenerator<readonly Entry[]> {
  await tx.query(sql`
    declare report_entry no scroll cursor for
    with client (client_id) as (values (${clientId}::uuid)), ${OWN_ENTRIES}
    select journal_id, created_at, kind, reference, asset, amount, cost
    from own
    where created_at >= ${from} and created_at < ${to}
    order by created_at, journal_id`);
  for (;;) {
    const { rows } = await tx.query<EntryRow>(sql`fetch forward 250 from report_entry`);
    if (rows.length > 0) yield rows.map(toEntry);
    if (rows.length < ROWS_A_PAGE) break;
  }
  await tx.query(sql`close report_entry`);
}

const toEntry = (row: EntryRow): Entry => ({
  journalId: row.journal_id,
  at: row.created_at,
  kind: row.kind,
  reference: row.reference,
  asset: row.asset,
  amount: row.amount,
  cost: row.cost ?? undefined,
});
