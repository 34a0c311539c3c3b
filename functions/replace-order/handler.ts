import { endpoint } from "../../layers/http/endpoint.ts";
import { OUTCOME_WAIT_MS, readWaitMs, withWait } from "../../layers/http/orders/prefer.ts";
import { refusedOrder } from "../../layers/http/orders/refused-order.ts";
import { requireVersion } from "../../layers/http/version.ts";
import { showOrder } from "../../layers/representation/order.ts";
import { runtime } from "../../layers/runtime.ts";
import { replaceOrderContract } from "./contract.ts";
import { replaceOrder } from "./replace-order.ts";

export const handler = endpoint(runtime, replaceOrderContract, async (call) => {
  const { client_version, quantity, price, stop_price: stopPrice } = call.body.order;
  await runtime.backlog.requireRoom("order");
  const request = {
    clientId: call.client,
    orderId: call.params.id,
    version: requireVersion(client_version),
    change: { quantity, price, stopPrice },
    correlationId: call.correlationId,
  };
  const wantedMs = readWaitMs(call.headers, OUTCOME_WAIT_MS);
  const outcome = await withWait(runtime.waits, call.client, wantedMs, (forMs) =>
    replaceOrder(runtime, { ...request, forMs }),
  );
  if (!outcome.ok) throw refusedOrder(outcome.failure);
  const { order, decided } = outcome.value;
  return { status: decided ? 200 : 202, body: showOrder(order) };
});
