import type { ClientId } from "../../layers/domain/identifiers.ts";
import { endpoint } from "../../layers/http/endpoint.ts";
import { showOrder } from "../../layers/http/order-view.ts";
import { cutPage } from "../../layers/http/page.ts";
import { runtime } from "../../layers/runtime.ts";
import { findByClientOrderId, listOrders } from "../../layers/store/orders.ts";
import { listOrdersContract } from "./contract.ts";

export const handler = endpoint(runtime, listOrdersContract, async ({ client, query }) => {
  if (query.client_order_id !== undefined) return named(client, query.client_order_id);
  const { limit, after, status, symbol } = query;
  const filter = { status, symbol, after, limit: limit + 1 };
  const rows = await listOrders(runtime.database, client, filter);
  const { page, next_page_token } = cutPage(rows, limit, ({ orderId }) => orderId);
  return { status: 200, body: { orders: page.map(showOrder), next_page_token } };
});

const named = async (client: ClientId, clientOrderId: string) => {
  const found = await findByClientOrderId(runtime.database, client, clientOrderId);
  const orders = found === undefined ? [] : [showOrder(found.order)];
  return { status: 200, body: { orders, next_page_token: null } };
};
