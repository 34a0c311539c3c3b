import type { ClientId } from "../../domain/identifiers.ts";
import { type Money, money, type Shares } from "../../domain/units.ts";
import { newUuid } from "../../platform/ids.ts";
import { type Executor, sql } from "../pg/database.ts";

/** The largest single deposit the ledger takes: 1,000,000.00. */
const DEPOSIT_MAX = money(10_000_000_000n);

/** A client opened by an operator: already verified, with an account that may trade. */
type NewClient = {
  readonly clientId: ClientId;
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
  /** An argon2 hash; any other text for a client who never logs in. */
  readonly passwordHash: string;
  readonly wantsMail?: boolean;
  readonly roles?: readonly string[];
  readonly maxOpenOrders?: number;
  readonly maxOrdersPerSecond?: number;
  readonly maxOrderBurst?: number;
};

/** Opens an active client with an empty cash account; an existing client does not change. */
export const createClient = async (executor: Executor, client: NewClient): Promise<void> => {
  await executor.query(sql`
    insert into identity.client (
      client_id, email, email_key, first_name, last_name, date_of_birth,
      password_hash, status, wants_mail, roles, verified_at
    ) values (
      ${client.clientId}, ${client.email}, ${client.email.toLowerCase()}, ${client.firstName},
      ${client.lastName}, '1990-01-01', ${client.passwordHash}, 'active',
      ${client.wantsMail ?? true}, ${client.roles ?? []}, now()
    )
    on conflict do nothing`);
  await executor.query(sql`
    insert into trading.account (
      client_id, max_open_orders, max_orders_per_second, max_order_burst)
    values (
      ${client.clientId}, ${client.maxOpenOrders ?? 1_000}, ${client.maxOrdersPerSecond ?? 500},
      ${client.maxOrderBurst ?? 1_000})
    on conflict do nothing`);
  await executor.query(sql`
    insert into ledger.balance (client_id, asset) values (${client.clientId}, 'USD')
    on conflict do nothing`);
};

type Transfer = {
  readonly kind: "deposit" | "grant";
  readonly from: "bank" | "custodian";
  readonly reference: string;
  readonly clientId: ClientId;
  readonly asset: string;
  readonly amount: bigint;
  /** The assumed cost of granted shares; undefined for cash. */
  readonly cost: bigint | undefined;
};

/** Writes the journal row, the balance that it changes and the activity in one statement. */
const transfer = async (executor: Executor, move: Transfer): Promise<void> => {
  const { count } = await executor.query(sql`
    with entry as (
      insert into ledger.journal (
        kind, reference, asset, amount, debit_account, debit_bucket, credit_account, credit_bucket,
        cost)
      select ${move.kind}, ${move.reference}, ${move.asset}, ${move.amount}::bigint,
        account_id, 'house', ${move.clientId}, 'available', ${move.cost}::bigint
      from ledger.house_account where name = ${move.from}
      returning credit_account as client_id, asset, amount, kind, reference
    ), changed as (
      insert into ledger.balance (client_id, asset, available, cost)
      select client_id, asset, amount, ${move.cost ?? 0n}::bigint from entry
      on conflict (client_id, asset) do update
      set available = balance.available + excluded.available,
          cost = balance.cost + excluded.cost
      returning client_id, asset, available, held
    )
    insert into trading.activity_outbox (transfers, balances)
    select
      array[row(client_id, asset, amount, kind, reference, 'in')::trading.recorded_transfer],
      array[row(client_id, asset, available, held)::trading.recorded_balance]
    from entry
    join changed using (client_id, asset)`);
  if (count !== 1) throw new Error(`There is no house account named ${move.from}.`);
};

/** Deposits any amount of cash, as deposits of at most 1,000,000.00 each. */
export const fundCash = async (
  executor: Executor,
  clientId: ClientId,
  amount: Money,
): Promise<void> => {
  for (let left: bigint = amount; left > 0n; left -= DEPOSIT_MAX) {
    const part = left < DEPOSIT_MAX ? left : DEPOSIT_MAX;
    const depositId = newUuid();
    await executor.query(sql`
      insert into ledger.deposit (deposit_id, client_id, amount, currency)
      values (${depositId}, ${clientId}, ${part}, 'USD')`);
    await transfer(executor, {
      ...{ kind: "deposit", from: "bank", reference: depositId },
      ...{ clientId, asset: "USD", amount: part, cost: undefined },
    });
  }
};

/** Grants shares from the custodian's stock at an assumed price. */
export const fundShares = (
  executor: Executor,
  clientId: ClientId,
  grant: { readonly symbol: string; readonly quantity: Shares; readonly price: Money },
): Promise<void> => {
  const quantity = BigInt(grant.quantity);
  return transfer(executor, {
    ...{ kind: "grant", from: "custodian", reference: newUuid() },
    ...{ clientId, asset: grant.symbol, amount: quantity, cost: quantity * grant.price },
  });
};
