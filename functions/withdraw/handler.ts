import { endpoint } from "../../layers/http/endpoint.ts";
import { readIdempotencyKey } from "../../layers/http/idempotency.ts";
import { refused } from "../../layers/http/refused.ts";
import { runtime } from "../../layers/runtime.ts";
import { withdrawContract } from "./contract.ts";
import { withdraw } from "./withdraw.ts";

export const handler = endpoint(runtime, withdrawContract, async (call) => {
  const key = readIdempotencyKey(call.headers);
  const { client: clientId, correlationId } = call;
  const outcome = await withdraw(runtime, { clientId, key, correlationId, ...call.body });
  if (!outcome.ok) throw refused(outcome.failure);
  const { answer, replayed } = outcome.value;
  return replayed
    ? { status: 200, body: answer, headers: { "idempotent-replayed": "true" } }
    : { status: 201, body: answer };
});
