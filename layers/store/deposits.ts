import { type ClientId, isUuid } from "../domain/identifiers.ts";
import { HOUSE } from "../domain/ledger.ts";
import { type Money, money } from "../domain/units.ts";
import { type Executor, sql } from "./database.ts";

export type Deposit = {
  readonly depositId: string;
  readonly amount: Money;
  readonly currency: string;
  readonly createdAt: Date;
};

/**
 * Credits a deposit once per Idempotency-Key, in one statement: key with its answer, journal row,
 * balance, deposit and audit row together. `in_flight` while another request holds the key, `kept`
 * when the key has its answer already.
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
): Promise<"credited" | "kept" | "in_flight"> => {
  const { clientId, depositId, amount, currency, createdAt } = request;
  const { rows } = await db.query<{ readonly alone: boolean; readonly credited: bigint }>(sql`
    with guard as materialized (
      select pg_try_advisory_xact_lock(
        hashtextextended(${`deposit ${clientId} ${request.key}`}, 0)) as alone
    ), keyed as (
      insert into ledger.idempotency_key (client_id, operation, key, fingerprint, status, answer)
      select ${clientId}::uuid, 'deposit', ${request.key}, ${request.fingerprint}, 201, ${request.answer}
      from guard
      where alone
      on conflict do nothing
      returning client_id
    ), credited as (
      update ledger.balance
      set available = available + ${amount}
      from keyed
      where balance.client_id = keyed.client_id and asset = ${currency}
      returning balance.client_id
    ), journalled as (
      insert into ledger.journal (
        kind, reference, asset, amount, debit_account, debit_bucket, credit_account, credit_bucket)
      select 'deposit', ${depositId}::text, ${currency}, ${amount}, ${HOUSE.bank}::uuid, 'house',
        client_id, 'available'
      from credited
    ), recorded as (
      insert into ledger.deposit (deposit_id, client_id, amount, currency, created_at)
      select ${depositId}::uuid, client_id, ${amount}, ${currency}, ${createdAt}
      from credited
    ), audited as (
      insert into trading.audit (client_id, action, subject, correlation_id)
      select client_id, 'deposit_credited', ${depositId}::text, ${request.correlationId}
      from credited
    )
    select
      (select alone from guard) as alone,
      (select count(*) from credited) as credited`);
  const [row] = rows;
  if (row?.credited === 1n) return "credited";
  return row?.alone === true ? "kept" : "in_flight";
};

/** The client's deposits, newest first, after the given one. */
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
