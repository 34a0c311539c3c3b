import type { ClientId } from "../domain/identifiers.ts";
import type { Money } from "../domain/units.ts";
import { type Database, sql } from "../store/pg/database.ts";

/** A deposit made in the past, to the microsecond: `2026-11-30T23:59:59.999999Z`. */
type PastDeposit = { readonly at: string; readonly amount: Money };

/** Writes past deposits into a client's books, with the balance and the activity they cause. */
export const depositInThePast = async (
  database: Database,
  clientId: ClientId,
  deposits: readonly PastDeposit[],
): Promise<void> => {
  await database.query(sql`
    with entry as (
      insert into ledger.journal (
        kind, reference, asset, amount, debit_account, debit_bucket, credit_account, credit_bucket,
        created_at)
      select 'deposit', n::text, 'USD', past.amount, account_id, 'house', ${clientId}, 'available', at
      from ledger.house_account
      cross join unnest(
        ${deposits.map(({ amount }) => String(amount))}::bigint[],
        ${deposits.map(({ at }) => at)}::timestamptz[]
      ) with ordinality as past (amount, at, n)
      where name = 'bank'
      order by past.n
      returning amount
    ), changed as (
      update ledger.balance
      set available = available + (select sum(amount) from entry)
      where client_id = ${clientId} and asset = 'USD'
      returning client_id, asset, available, held
    )
    insert into trading.activity_outbox (balances)
    select array[row(client_id, asset, available, held)::trading.recorded_balance]
    from changed`);
};
