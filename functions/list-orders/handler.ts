import type { ClientId } from "../../layers/domain/identifiers.ts";
import { isTerminal } from "../../layers/domain/orders/order.ts";
import { endpoint } from "../../layers/http/endpoint.ts";
import { cutPage } from "../../layers/http/page.ts";
import { showOrder } from "../../layers/representation/order.ts";
import { runtime } from "../../layers/runtime.ts";
import {
  findByClientOrderId,
  listOrders,
  type OrderFilter,
} from "../../layers/store/orders/orders.ts";
import { listOrdersContract } from "./contract.ts";

export const handler = endpoint(runtime, listOrdersContract, async ({ client, query }) => {
  const { limit, after, status, symbol, client_order_id: name } = query;
  if (name !== undefined) return named(client, name, { status, symbol });
  const filter = { status, symbol, after, limit: limit + 1 };
  const rows = await listOrders(runtime.database, client, filter);
  const { page, next_page_token } = cutPage(rows, limit, ({ orderId }) => orderId);
  return { status: 200, body: { orders: page.map(showOrder), next_page_token } };
});

/** At most one order has the client_order_id; the other filters apply to it too. */
const named = async (
  client: ClientId,
  clientOrderId: string,
  { status, symbol }: Pick<OrderFilter, "status" | "symbol">,
) => {
  const found = await findByClientOrderId(runtime.database, client, clientOrderId);
  const orders = (found === undefined ? [] : [found.order]).filter(
    (order) =>
      (symbol === undefined || order.symbol === symbol) &&
      (status === "all" || isTerminal(order.status) === (status === "closed")),
  );
  return { status: 200, body: { orders: orders.map(showOrder), next_page_token: null } };
};
