import type { ClientId, OrderId } from "../../layers/domain/identifiers.ts";
import { type Answer, endpoint } from "../../layers/http/endpoint.ts";
import { showOrder } from "../../layers/http/order-view.ts";
import { malformed, notFound } from "../../layers/http/problem.ts";
import { refused } from "../../layers/http/refused.ts";
import { runtime } from "../../layers/runtime.ts";
import { cancelOrder } from "./cancel-order.ts";
import { cancelOrderContract, deleteOrderContract } from "./contract.ts";

const cancel = async (request: {
  readonly clientId: ClientId;
  readonly orderId: OrderId;
  readonly version: number | undefined;
  readonly correlationId: string;
}): Promise<Answer> => {
  const outcome = await cancelOrder(runtime, request);
  if (outcome.ok)
    return { status: outcome.value.decided ? 200 : 202, body: showOrder(outcome.value.order) };
  const { failure } = outcome;
  if (failure.code === "not_found") throw notFound("There is no such order.");
  throw refused({ code: failure.code, order: showOrder(failure.order) });
};

/** POST /orders/{id}/cancel: only the order the client has seen. */
export const handler = endpoint(runtime, cancelOrderContract, async (call) => {
  const { client: clientId, params, body, correlationId } = call;
  if (body.client_version === undefined)
    throw malformed("missing_version", "client_version is required: the lock_version you read.");
  const version = body.client_version;
  return cancel({ clientId, orderId: params.id, version, correlationId });
});

/** DELETE /orders/{id}: whatever the version. */
export const deleteHandler = endpoint(runtime, deleteOrderContract, async (call) => {
  const { client: clientId, params, correlationId } = call;
  return cancel({ clientId, orderId: params.id, version: undefined, correlationId });
});
