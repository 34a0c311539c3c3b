import type { ClientId } from "../../domain/identifiers.ts";
import { HOUSE } from "../../domain/ledger/ledger.ts";
import { type Executor, sql, type Transaction } from "../pg/database.ts";

/** Cash or shares that an operator grants to a client or takes away. */
export type Adjustment = {
  readonly adjustmentId: string;
  readonly clientId: ClientId;
  readonly asset: string;
  readonly amount: bigint;
  readonly direction: "grant" | "take";
  /** The assumed total cost of granted shares; zero for cash. */
  readonly cost: bigint;
};

/**
 * The most that grants may bring a balance or its cost to: ten million million units of money. It is
 * above every amount that a request can name, and far below what a column can store.
 */
const BALANCE_MAX = 10n ** 17n;
/** The most shares that grants may bring a balance to. */
const SHARES_MAX = 10n ** 12n;

/**
 * Moves an asset between the house's adjustments account and a client: balance, journal row and
 * activity. Returns false, and changes nothing, when the client has less available than is to be
 * taken, or would own more than a balance may have.
 */
export const adjustBalance = async (
  tx: Transaction,
  { adjustmentId, clientId, asset, amount, direction, cost }: Adjustment,
): Promise<boolean> => {
  const isGrant = direction === "grant";
  const change = isGrant ? amount : -amount;
  const most = asset === "USD" ? BALANCE_MAX : SHARES_MAX;
  // The book is locked before the balance, as by a settlement, and dates the entry (5-books.sql).
  await tx.query(sql`
    update trading.book
    set last_entry_at = greatest(last_entry_at, clock_timestamp())
    where symbol = ${asset}`);
  await tx.query(sql`
    insert into ledger.balance (client_id, asset) values (${clientId}, ${asset})
    on conflict do nothing`);
  // Shares that are taken reduce the cost by their average cost, rounded down as in a sale.
  const { rows } = await tx.query<{ available: bigint; held: bigint }>(sql`
    update ledger.balance
    set available = available + ${change}::bigint,
      cost = case
        when ${change}::bigint > 0 then cost + ${cost}::bigint
        when available + held = 0 then 0
        else cost - div(cost::numeric * ${amount}::bigint, available + held)::bigint
      end
    where client_id = ${clientId} and asset = ${asset} and available + ${change}::bigint >= 0
      and (not ${isGrant}::boolean
        or (available + held + ${amount}::bigint <= ${most} and cost + ${cost}::bigint <= ${BALANCE_MAX}))
    returning available, held`);
  const [left] = rows;
  if (left === undefined) return false;
  const house = { account: HOUSE.adjustments, bucket: "house" };
  const own = { account: clientId, bucket: "available" };
  const [debit, credit] = isGrant ? [house, own] : [own, house];
  await tx.query(sql`
    insert into ledger.journal (
      kind, reference, asset, amount, debit_account, debit_bucket, credit_account, credit_bucket, cost,
      created_at)
    values (
      'adjustment', ${adjustmentId}, ${asset}, ${amount}, ${debit.account}, ${debit.bucket},
      ${credit.account}, ${credit.bucket}, ${isGrant && cost > 0n ? cost : null},
      coalesce(
        (select last_entry_at from trading.book where symbol = ${asset}), clock_timestamp()))`);
  await tx.query(sql`
    insert into trading.activity_outbox (transfers, balances)
    values (
      array[row(
        ${clientId}::uuid, ${asset}::text, ${amount}::bigint, 'adjustment',
        ${adjustmentId}::text, ${isGrant ? "in" : "out"}::text
      )::trading.recorded_transfer],
      array[row(
        ${clientId}::uuid, ${asset}::text, ${left.available}::bigint,
        ${left.held}::bigint)::trading.recorded_balance])`);
  return true;
};

/** Whether an asset is the account's currency, a listed instrument, or unknown. */
export const kindOfAsset = async (
  db: Executor,
  clientId: ClientId,
  asset: string,
): Promise<"no_account" | "cash" | "shares" | "unknown"> => {
  const { rows } = await db.query<{ is_cash: boolean; is_shares: boolean }>(sql`
    select currency = ${asset} as is_cash,
      exists (select from market.instrument where symbol = ${asset}) as is_shares
    from trading.account
    where client_id = ${clientId}`);
  const [account] = rows;
  if (account === undefined) return "no_account";
  if (account.is_cash) return "cash";
  return account.is_shares ? "shares" : "unknown";
};

/** The sum of one asset in a bucket of all clients, or in a house account. */
export type TrialBalanceLine = {
  readonly asset: string;
  readonly account: string;
  readonly amount: bigint;
  readonly isShares: boolean;
};

/** Every bucket and house account by asset, in one snapshot of the journal. */
export const readTrialBalance = async (db: Executor): Promise<readonly TrialBalanceLine[]> => {
  const { rows } = await db.query<{
    asset: string;
    account: string;
    amount: string;
    is_shares: boolean;
  }>(sql`
    select asset, account, sum(amount)::text as amount,
      exists (select from market.instrument where symbol = asset) as is_shares
    from (
      select asset, amount,
        case bucket when 'house' then house_account.name else 'clients_' || bucket end as account
      from ledger.posting
      left join ledger.house_account using (account_id)
    ) as line
    group by asset, account
    order by asset, account`);
  return rows.map(({ asset, account, amount, is_shares: isShares }) => ({
    ...{ asset, account, amount: BigInt(amount), isShares },
  }));
};
