import type { ClientId, OrderId } from "../../layers/domain/identifiers.ts";
import { type Answer, endpoint } from "../../layers/http/endpoint.ts";
import { OUTCOME_WAIT_MS, readWaitMs, withWait } from "../../layers/http/orders/prefer.ts";
import { refusedOrder } from "../../layers/http/orders/refused-order.ts";
import { requireVersion } from "../../layers/http/version.ts";
import { showOrder } from "../../layers/representation/order.ts";
import { runtime } from "../../layers/runtime.ts";
import { cancelOrder } from "./cancel-order.ts";
import { cancelOrderContract, deleteOrderContract } from "./contract.ts";

type Call = {
  readonly client: ClientId;
  readonly params: { readonly id: OrderId };
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly correlationId: string;
};

const cancel = async (
  { client: clientId, params, headers, correlationId }: Call,
  version: number | undefined,
): Promise<Answer> => {
  const request = { clientId, orderId: params.id, version, correlationId };
  await runtime.backlog.requireRoom("cancel");
  const wantedMs = readWaitMs(headers, OUTCOME_WAIT_MS);
  const outcome = await withWait(runtime.waits, clientId, wantedMs, (forMs) =>
    cancelOrder(runtime, { ...request, forMs }),
  );
  if (!outcome.ok) throw refusedOrder(outcome.failure);
  return { status: outcome.value.decided ? 200 : 202, body: showOrder(outcome.value.order) };
};

/** POST /orders/{id}/cancel: only the version that the client has seen. */
export const handler = endpoint(runtime, cancelOrderContract, (call) =>
  cancel(call, requireVersion(call.body.client_version)),
);

/** DELETE /orders/{id}: any version. */
export const deleteHandler = endpoint(runtime, deleteOrderContract, (call) =>
  cancel(call, undefined),
);
