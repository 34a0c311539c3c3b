import { assert } from "../../domain/assert.ts";
import { type ClientId, isUuid } from "../../domain/identifiers.ts";
import { type Money, money } from "../../domain/units.ts";
import { type Executor, sql } from "../pg/database.ts";

export type Deposit = {
  readonly depositId: string;
  readonly amount: Money;
  readonly currency: string;
  readonly createdAt: Date;
};

/** What became of a deposit; `kept` and `in_flight` when another request has its key. */
type CreditOutcome = "credited" | "kept" | "in_flight" | "over_limit" | "client_not_active";

/**
 * Credits a deposit once for each Idempotency-Key, in one statement: key with answer, deposit,
 * journal row, audit row and balance. Returns `in_flight` while another request holds the key, and
 * `kept` when the key already has an answer.
 */
export const creditDeposit = async (
  db: Executor,
  request: Deposit & {
    readonly clientId: ClientId;
    readonly key: string;
    readonly fingerprint: Buffer;
    readonly answer: string;
    readonly correlationId: string;
  },
): Promise<CreditOutcome> => {
  const { clientId, depositId, amount, currency, createdAt } = request;
  const { rows } = await db.query<{
    readonly outcome: CreditOutcome;
  }>(sql`
    select ledger.credit_deposit(
      ${clientId}, ${request.key}, ${request.fingerprint}, ${request.answer}, ${depositId},
      ${amount}, ${currency}, ${createdAt}, ${request.correlationId}) as outcome`);
  const [row] = rows;
  assert(row !== undefined, `deposit ${depositId} was not judged`);
  return row.outcome;
};

/** The client's deposits, newest first, after the given deposit. */
export const listDeposits = async (
  db: Executor,
  clientId: ClientId,
  page: { readonly after: string | undefined; readonly limit: number },
): Promise<readonly Deposit[]> => {
  const after = page.after !== undefined && isUuid(page.after) ? page.after : null;
  const { rows } = await db.query<{
    readonly deposit_id: string;
    readonly amount: bigint;
    readonly currency: string;
    readonly created_at: Date;
  }>(sql`
    select deposit_id, amount, currency, created_at
    from ledger.deposit
    where client_id = ${clientId} and (${after}::uuid is null or deposit_id < ${after})
    order by deposit_id desc
    limit ${page.limit}`);
  return rows.map((row) => ({
    depositId: row.deposit_id,
    amount: money(row.amount),
    currency: row.currency,
    createdAt: row.created_at,
  }));
};
