import { formatMoney } from "../../layers/domain/units.ts";
import { endpoint } from "../../layers/http/endpoint.ts";
import { cutPage } from "../../layers/http/page.ts";
import { notFound } from "../../layers/http/problem.ts";
import { runtime } from "../../layers/runtime.ts";
import { listOrderTrades, type OrderTrade } from "../../layers/store/orders/order-trades.ts";
import { findOrder } from "../../layers/store/orders/orders.ts";
import { listOrderTradesContract } from "./contract.ts";

export const handler = endpoint(runtime, listOrderTradesContract, async (call) => {
  const { client, params, query } = call;
  const order = await findOrder(runtime.database, client, params.id);
  if (order === undefined) throw notFound("There is no such order.");
  const { after, limit } = query;
  const rows = await listOrderTrades(runtime.database, params.id, { after, limit: limit + 1 });
  const { page, next_page_token } = cutPage(rows, limit, ({ tradeId }) => tradeId);
  const trades = page.map((trade) => showFill(params.id, trade));
  return { status: 200, body: { trades, next_page_token } };
});

const showFill = (orderId: string, trade: OrderTrade) => ({
  trade_id: trade.tradeId,
  order_id: orderId,
  symbol: trade.symbol,
  direction: trade.direction,
  price: formatMoney(trade.price),
  quantity: trade.quantity,
  liquidity: trade.liquidity,
  executed_at: trade.executedAt.toISOString(),
});
