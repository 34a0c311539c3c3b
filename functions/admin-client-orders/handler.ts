import { adminOf } from "../../layers/http/admin-call.ts";
import { endpoint } from "../../layers/http/endpoint.ts";
import { cutPage } from "../../layers/http/page.ts";
import { notFound } from "../../layers/http/problem.ts";
import { showOrder } from "../../layers/representation/order.ts";
import { runtime } from "../../layers/runtime.ts";
import { viewOrders } from "./admin-client-orders.ts";
import { listClientOrdersContract } from "./contract.ts";

export const handler = endpoint(runtime, listClientOrdersContract, async (call) => {
  const { limit, after, status, symbol } = call.query;
  const filter = { status, symbol, after, limit: limit + 1 };
  const clientId = call.params.client_id;
  const rows = await viewOrders(runtime.database, adminOf(call), { clientId, filter });
  if (rows === undefined) throw notFound("There is no such client.");
  const { page, next_page_token } = cutPage(rows, limit, ({ orderId }) => orderId);
  return { status: 200, body: { orders: page.map(showOrder), next_page_token } };
});
