import type { OrderId, Ticker, TradeId } from "../../domain/identifiers.ts";
import type { Direction } from "../../domain/orders/order.ts";
import { type Money, money, type Shares, shares } from "../../domain/units.ts";
import { type Executor, sql } from "../pg/database.ts";

/** A trade from the view of one of its two orders, without anything about the other order. */
export type OrderTrade = {
  readonly tradeId: TradeId;
  readonly symbol: Ticker;
  readonly direction: Direction;
  readonly price: Money;
  readonly quantity: Shares;
  /** Whether the order rested in the book when it traded, or took liquidity. */
  readonly liquidity: "maker" | "taker";
  readonly executedAt: Date;
};

type TradeRow = {
  readonly trade_id: string;
  readonly symbol: string;
  readonly seq: bigint;
  readonly taker_side: Direction;
  readonly is_taker: boolean;
  readonly price: bigint;
  readonly quantity: bigint;
  readonly created_at: Date;
};

/** The trades of an order, oldest first, after the trade with this id. */
export const listOrderTrades = async (
  db: Executor,
  orderId: OrderId,
  page: { readonly after: string | undefined; readonly limit: number },
): Promise<readonly OrderTrade[]> => {
  // A trade's id ends in the number of its command and its position among the command's trades.
  const [, seq, index] = page.after?.split("-") ?? [];
  const { rows } = await db.query<TradeRow>(sql`
    select trade_id, symbol, seq, taker_side, is_taker, price, quantity, created_at
    from (
      (
        select trade_id, symbol, seq, taker_side, false as is_taker, price, quantity, created_at
        from trading.trade
        where maker_order_id = ${orderId}
          and (seq, trading.trade_index(trade_id)) > (${seq ?? -1}::bigint, ${index ?? -1}::integer)
        order by seq, trading.trade_index(trade_id)
        limit ${page.limit}
      )
      union all
      (
        select trade_id, symbol, seq, taker_side, true, price, quantity, created_at
        from trading.trade
        where taker_order_id = ${orderId}
          and (seq, trading.trade_index(trade_id)) > (${seq ?? -1}::bigint, ${index ?? -1}::integer)
        order by seq, trading.trade_index(trade_id)
        limit ${page.limit}
      )
    ) as own
    order by seq, trading.trade_index(trade_id)
    limit ${page.limit}`);
  return rows.map((row) => ({
    tradeId: row.trade_id as TradeId,
    symbol: row.symbol as Ticker,
    direction: row.is_taker ? row.taker_side : opposite(row.taker_side),
    price: money(row.price),
    quantity: shares(Number(row.quantity)),
    liquidity: row.is_taker ? "taker" : "maker",
    executedAt: row.created_at,
  }));
};

const opposite = (side: Direction): Direction => (side === "buy" ? "sell" : "buy");
