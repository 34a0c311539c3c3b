import type { ClientId } from "../../domain/identifiers.ts";
import { isUuid } from "../../domain/identifiers.ts";
import {
  PENDING_WITHDRAWALS_MAX,
  type Withdrawal,
  type WithdrawalEnd,
  type WithdrawalStatus,
} from "../../domain/ledger/withdrawal.ts";
import { money } from "../../domain/units.ts";
import { ADVISORY_LOCK_SEEDS } from "../pg/advisory-locks.ts";
import { type Executor, fragment, sql, type Transaction } from "../pg/database.ts";

export type ClientWithdrawal = Withdrawal<ClientId>;

type Row = {
  readonly withdrawal_id: string;
  readonly client_id: ClientId;
  readonly amount: bigint;
  readonly currency: string;
  readonly status: WithdrawalStatus;
  readonly reason: string | null;
  readonly created_at: Date;
  readonly updated_at: Date;
};

const COLUMNS = fragment`
  withdrawal_id, client_id, amount, currency, status, reason, created_at, updated_at`;

const toWithdrawal = (row: Row): ClientWithdrawal => ({
  withdrawalId: row.withdrawal_id,
  clientId: row.client_id,
  amount: money(row.amount),
  currency: row.currency,
  status: row.status,
  reason: row.reason ?? undefined,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

/**
 * Stores the answer under its Idempotency-Key; returns `in_flight` or `kept` when another request
 * has the key.
 */
export const claimKey = async (
  tx: Transaction,
  claim: {
    readonly clientId: ClientId;
    readonly operation: string;
    readonly key: string;
    readonly fingerprint: Buffer;
    readonly answer: string;
  },
): Promise<"claimed" | "kept" | "in_flight"> => {
  const { clientId, operation, key } = claim;
  const name = `${operation} ${clientId} ${key}`;
  const { rows } = await tx.query<{ locked: boolean }>(sql`
    select pg_try_advisory_xact_lock(
      hashtextextended(${name}, ${ADVISORY_LOCK_SEEDS.idempotencyKeys})) as locked`);
  if (rows[0]?.locked !== true) return "in_flight";
  const { count } = await tx.query(sql`
    insert into ledger.idempotency_key (client_id, operation, key, fingerprint, status, answer)
    values (${clientId}, ${operation}, ${key}, ${claim.fingerprint}, 201, ${claim.answer})
    on conflict do nothing`);
  return count === 1 ? "claimed" : "kept";
};

/** Frees a claimed key: the request was refused and may be sent again. */
export const releaseKey = async (
  tx: Transaction,
  { clientId, operation, key }: { clientId: ClientId; operation: string; key: string },
): Promise<void> => {
  await tx.query(sql`
    delete from ledger.idempotency_key
    where client_id = ${clientId} and operation = ${operation} and key = ${key}`);
};

/** Takes the cash of a withdrawal out of the available balance, once for each Idempotency-Key. */
export const requestWithdrawal = async (
  tx: Transaction,
  request: ClientWithdrawal & {
    readonly key: string;
    readonly fingerprint: Buffer;
    readonly answer: string;
    readonly correlationId: string;
  },
): Promise<RequestOutcome> => {
  const { withdrawalId, clientId, amount, currency, createdAt } = request;
  const { rows } = await tx.query<{ outcome: RequestOutcome }>(sql`
    select ledger.request_withdrawal(
      ${clientId}, ${request.key}, ${request.fingerprint}, ${request.answer}, ${withdrawalId},
      ${amount}, ${currency}, ${createdAt}, ${request.correlationId}, ${PENDING_WITHDRAWALS_MAX}
    ) as outcome`);
  const [row] = rows;
  if (row === undefined) throw new Error(`withdrawal ${withdrawalId} was not judged`);
  return row.outcome;
};

export type RequestOutcome =
  | "begun"
  | "kept"
  | "in_flight"
  | "client_not_active"
  | "insufficient_funds"
  | "too_many_withdrawals";

/**
 * Ends a pending withdrawal: the cash goes to the bank, or returns to the client. Returns
 * undefined, and changes nothing, when the withdrawal has already ended, so a provider may answer
 * more than once.
 */
export const endWithdrawal = async (
  tx: Transaction,
  withdrawalId: string,
  end: WithdrawalEnd,
): Promise<ClientWithdrawal | undefined> => {
  const reason = "reason" in end ? end.reason : null;
  const { rows: judged } = await tx.query<{ ended: boolean }>(
    end.status === "cancelled"
      ? sql`select ledger.cancel_withdrawal(${withdrawalId}, ${reason}) as ended`
      : sql`select ledger.end_withdrawal(${withdrawalId}, ${end.status}, ${reason}) as ended`,
  );
  if (judged[0]?.ended !== true) return undefined;
  const { rows } = await tx.query<Row>(sql`
    select ${COLUMNS} from ledger.withdrawal where withdrawal_id = ${withdrawalId}`);
  return rows[0] && toWithdrawal(rows[0]);
};

/** One withdrawal of a client. */
export const findWithdrawal = async (
  db: Executor,
  clientId: ClientId,
  withdrawalId: string,
): Promise<ClientWithdrawal | undefined> => {
  const { rows } = await db.query<Row>(sql`
    select ${COLUMNS} from ledger.withdrawal
    where client_id = ${clientId} and withdrawal_id = ${withdrawalId}`);
  return rows[0] && toWithdrawal(rows[0]);
};

/** The client's withdrawals, newest first, after the given withdrawal. */
export const listWithdrawals = async (
  db: Executor,
  clientId: ClientId,
  page: { readonly after: string | undefined; readonly limit: number },
): Promise<readonly ClientWithdrawal[]> => {
  const after = page.after !== undefined && isUuid(page.after) ? page.after : null;
  const { rows } = await db.query<Row>(sql`
    select ${COLUMNS} from ledger.withdrawal
    where client_id = ${clientId} and (${after}::uuid is null or withdrawal_id < ${after})
    order by withdrawal_id desc
    limit ${page.limit}`);
  return rows.map(toWithdrawal);
};

/**
 * Records that the client wants to cancel a pending withdrawal; undefined when it is not pending.
 */
export const requestCancel = async (
  db: Executor,
  clientId: ClientId,
  withdrawalId: string,
): Promise<ClientWithdrawal | undefined> => {
  const { rows } = await db.query<Row>(sql`
    update ledger.withdrawal
    set cancel_requested = true, next_attempt_at = least(next_attempt_at, now() + interval '1 second')
    where client_id = ${clientId} and withdrawal_id = ${withdrawalId} and status = 'pending'
    returning ${COLUMNS}`);
  return rows[0] && toWithdrawal(rows[0]);
};

/** A withdrawal about which only this process may ask the provider, until its lease ends. */
export type ClaimedWithdrawal = ClientWithdrawal & {
  readonly attempts: number;
  readonly cancelRequested: boolean;
};

/** Takes the pending withdrawals that are due longest. A process that dies only delays them. */
export const claimWithdrawals = async (
  db: Executor,
  { limit, leaseSeconds }: { readonly limit: number; readonly leaseSeconds: number },
): Promise<readonly ClaimedWithdrawal[]> => {
  const { rows } = await db.query<Row & { attempts: number; cancel_requested: boolean }>(sql`
    update ledger.withdrawal
    set attempts = attempts + 1,
      next_attempt_at = now() + make_interval(secs => ${leaseSeconds})
    where withdrawal_id in (
      select withdrawal_id
      from ledger.withdrawal
      where status = 'pending' and next_attempt_at <= now()
      order by next_attempt_at
      limit ${limit}
      for update skip locked)
    returning ${COLUMNS}, attempts, cancel_requested`);
  return rows.map((row) => ({
    ...toWithdrawal(row),
    attempts: row.attempts,
    cancelRequested: row.cancel_requested,
  }));
};

/** Makes a pending withdrawal due again after some seconds. */
export const postponeWithdrawal = async (
  db: Executor,
  withdrawalId: string,
  seconds: number,
): Promise<void> => {
  await db.query(sql`
    update ledger.withdrawal
    set next_attempt_at = now() + make_interval(secs => ${seconds})
    where withdrawal_id = ${withdrawalId} and status = 'pending'`);
};
