import { endpoint } from "../../layers/http/endpoint.ts";
import { Problem } from "../../layers/http/problem.ts";
import { refused } from "../../layers/http/refused.ts";
import { showProfile } from "../../layers/representation/client.ts";
import { runtime } from "../../layers/runtime.ts";
import { closeAccount } from "./close-account.ts";
import { closeAccountContract } from "./contract.ts";

export const handler = endpoint(runtime, closeAccountContract, async (call) => {
  const { client: clientId, correlationId } = call;
  const outcome = await closeAccount(runtime, { clientId, correlationId });
  if (outcome.ok) return { status: 200, body: { client: showProfile(outcome.value) } };
  if (outcome.failure.code === "client_not_active") throw refused(outcome.failure);
  throw new Problem({
    status: 422,
    code: "account_not_empty",
    detail: "The account is not empty yet.",
    facts: { left: outcome.failure.left },
  });
});
