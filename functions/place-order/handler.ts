import { type Answer, endpoint } from "../../layers/http/endpoint.ts";
import { refuseIdempotencyKey } from "../../layers/http/idempotency.ts";
import { termsOf } from "../../layers/http/orders/order-fields.ts";
import { readWaitMs, withWait } from "../../layers/http/orders/prefer.ts";
import { refused } from "../../layers/http/refused.ts";
import { showOrder } from "../../layers/representation/order.ts";
import { runtime } from "../../layers/runtime.ts";
import { awaitOrder } from "../../layers/store/orders/await-order.ts";
import { placeOrderContract } from "./contract.ts";
import { placeOrder } from "./place-order.ts";

export const handler = endpoint(runtime, placeOrderContract, async (call): Promise<Answer> => {
  const { client: clientId, correlationId } = call;
  refuseIdempotencyKey(call.headers);
  const terms = termsOf(call.body.order);
  await runtime.backlog.requireRoom("order");
  const outcome = await placeOrder(runtime, { clientId, terms, correlationId });
  if (!outcome.ok) throw refused(outcome.failure);

  const { order, replayed } = outcome.value;
  if (!replayed) {
    runtime.outboxNotifier.notify();
    runtime.metrics.ordersAccepted.inc({ symbol: order.symbol, side: order.direction });
  }
  const until = ({ status }: { status: string }) => status !== "new";
  const seen = await withWait(
    runtime.waits,
    clientId,
    readWaitMs(call.headers, 0),
    async (forMs) =>
      forMs > 0 ? awaitOrder(runtime.database, clientId, order.orderId, { until, forMs }) : order,
  );
  return {
    status: replayed ? 200 : 201,
    body: { ...showOrder(seen ?? order), correlation_id: order.correlationId },
    headers: {
      location: `/api/v1/orders/${order.orderId}`,
      ...(replayed ? { "idempotent-replayed": "true" } : {}),
    },
  };
});
