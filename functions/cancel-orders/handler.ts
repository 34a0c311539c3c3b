import { isTerminal, type Order } from "../../layers/domain/orders/order.ts";
import { endpoint } from "../../layers/http/endpoint.ts";
import { OUTCOME_WAIT_MS, readWaitMs, withWait } from "../../layers/http/orders/prefer.ts";
import { showOrder } from "../../layers/representation/order.ts";
import { runtime } from "../../layers/runtime.ts";
import { cancelOrders } from "./cancel-orders.ts";
import { cancelOrdersContract } from "./contract.ts";

export const handler = endpoint(runtime, cancelOrdersContract, async (call) => {
  const { client: clientId, query, headers, correlationId } = call;
  const request = { clientId, symbol: query.symbol, correlationId };
  await runtime.backlog.requireRoom("cancel");
  const wantedMs = readWaitMs(headers, OUTCOME_WAIT_MS);
  const { orders, more } = await withWait(runtime.waits, clientId, wantedMs, (forMs) =>
    cancelOrders(runtime, { ...request, forMs }),
  );
  return { status: 207, body: { results: orders.map(showResult), more } };
});

const showResult = (order: Order) => {
  const status = statusOf(order);
  const code = status === 422 ? "invalid_state" : null;
  return { order_id: order.orderId, status, code, order: showOrder(order) };
};

/** The answer that cancelling this order alone would have had. */
const statusOf = ({ status }: Order): 200 | 202 | 422 => {
  if (!isTerminal(status)) return 202;
  return status === "cancelled" ? 200 : 422;
};
