import { endpoint } from "../../layers/http/endpoint.ts";
import { notFound } from "../../layers/http/problem.ts";
import { showOrder } from "../../layers/representation/order.ts";
import { runtime } from "../../layers/runtime.ts";
import { findOrder } from "../../layers/store/orders/orders.ts";
import { getOrderContract } from "./contract.ts";

export const handler = endpoint(runtime, getOrderContract, async ({ client, params }) => {
  const order = await findOrder(runtime.database, client, params.id);
  if (order === undefined) throw notFound("There is no such order.");
  return { status: 200, body: showOrder(order) };
});
