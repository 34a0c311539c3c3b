import type { ClientId, OrderId, TradeId } from "../../domain/identifiers.ts";
import type { Direction } from "../../domain/orders/order.ts";
import type { HoldingEvent } from "../../domain/reports/lots.ts";
import type { Period } from "../../domain/reports/period.ts";
import { type Money, money, type Shares, shares } from "../../domain/units.ts";
import { sql, type Transaction } from "../pg/database.ts";
import { ROWS_A_PAGE } from "./journal.ts";

/** One side of a trade, from the view of its client. */
export type Fill = {
  readonly tradeId: TradeId;
  readonly at: Date;
  readonly orderId: OrderId;
  readonly clientOrderId: string | undefined;
  readonly symbol: string;
  readonly side: Direction;
  readonly quantity: Shares;
  readonly price: Money;
  readonly liquidity: "maker" | "taker";
};

type FillRow = {
  readonly trade_id: TradeId;
  readonly created_at: Date;
  readonly order_id: OrderId;
  readonly client_order_id: string | null;
  readonly symbol: string;
  readonly side: Direction;
  readonly quantity: bigint;
  readonly price: bigint;
  readonly liquidity: "maker" | "taker";
};

/**
 * Reads a client's fills in a period, in the order of its journal, in pages of bounded size. The
 * trades are found through the journal entries of the shares. At most one reader of a transaction
 * at a time.
 */
export async function* readFills(
  tx: Transaction,
  clientId: ClientId,
  { from, to }: Period,
): AsyncGenerator<readonly Fill[]> {
  await tx.query(sql`
    declare report_fill no scroll cursor for
    with client (client_id) as (values (${clientId}::uuid)), side as (
      select journal_id, created_at, reference, asset, 'buy' as side
      from ledger.journal
      where credit_account = (select client_id from client) and debit_account <> credit_account
        and kind = 'trade'
      union all
      select journal_id, created_at, reference, asset, 'sell'
      from ledger.journal
      where debit_account = (select client_id from client) and debit_account <> credit_account
        and kind = 'trade'
    )
    select trade_id, side.created_at, order_id, client_order_id, trade.symbol, side, trade.quantity,
      trade.price, case when side = taker_side then 'taker' else 'maker' end as liquidity
    from side
    join trading.trade on trade.trade_id = side.reference and trade.symbol = side.asset
    join trading."order"
      on order_id = case when side = taker_side then taker_order_id else maker_order_id end
    where side.created_at >= ${from} and side.created_at < ${to}
    order by side.created_at, side.journal_id`);
  for (;;) {
    const { rows } = await tx.query<FillRow>(sql`fetch forward 250 from report_fill`);
    if (rows.length > 0) yield rows.map(toFill);
    if (rows.length < ROWS_A_PAGE) break;
  }
  await tx.query(sql`close report_fill`);
}

const toFill = (row: FillRow): Fill => ({
  tradeId: row.trade_id,
  at: row.created_at,
  orderId: row.order_id,
  clientOrderId: row.client_order_id ?? undefined,
  symbol: row.symbol,
  side: row.side,
  quantity: shares(Number(row.quantity)),
  price: money(row.price),
  liquidity: row.liquidity,
});

type HoldingRow = {
  readonly created_at: Date;
  readonly reference: string;
  readonly asset: string;
  readonly amount: bigint;
  readonly price: bigint | null;
  readonly cost: bigint | null;
};

/**
 * Reads every event that changed a client's holdings of instruments, up to an instant: the input of
 * a profit-and-loss report. `currency` is the account's currency, which is not a holding.
 */
export async function* readHoldingEvents(
  tx: Transaction,
  { clientId, currency }: { readonly clientId: ClientId; readonly currency: string },
  before: Date,
): AsyncGenerator<readonly HoldingEvent[]> {
  await tx.query(sql`
    declare report_holding no scroll cursor for
    with client (client_id) as (values (${clientId}::uuid)), own as (
      select journal_id, created_at, kind, reference, asset, amount, cost
      from ledger.journal
      where credit_account = (select client_id from client) and debit_account <> credit_account
      union all
      select journal_id, created_at, kind, reference, asset, -amount, cost
      from ledger.journal
      where debit_account = (select client_id from client) and debit_account <> credit_account
    )
    select own.created_at, reference, asset, amount, trade.price, cost
    from own
    left join trading.trade on kind = 'trade' and trade_id = reference
    where asset <> ${currency} and own.created_at < ${before}
    order by own.created_at, own.journal_id`);
  for (;;) {
    const { rows } = await tx.query<HoldingRow>(sql`fetch forward 250 from report_holding`);
    if (rows.length > 0) yield rows.map(toHoldingEvent);
    if (rows.length < ROWS_A_PAGE) break;
  }
  await tx.query(sql`close report_holding`);
}

const toHoldingEvent = (row: HoldingRow): HoldingEvent => {
  const cameIn = row.amount > 0n;
  const event = {
    ...{ symbol: row.asset, at: row.created_at, reference: row.reference },
    quantity: shares(Number(cameIn ? row.amount : -row.amount)),
  };
  if (row.price !== null)
    return { ...event, type: cameIn ? "buy" : "sell", price: money(row.price) };
  return cameIn
    ? { ...event, type: "grant", cost: money(row.cost ?? 0n) }
    : { ...event, type: "removal" };
};
