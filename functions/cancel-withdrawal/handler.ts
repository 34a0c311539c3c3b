import { endpoint } from "../../layers/http/endpoint.ts";
import { notFound } from "../../layers/http/problem.ts";
import { refused } from "../../layers/http/refused.ts";
import { showWithdrawal } from "../../layers/representation/withdrawal.ts";
import { runtime } from "../../layers/runtime.ts";
import { cancelWithdrawal } from "./cancel-withdrawal.ts";
import { cancelWithdrawalContract } from "./contract.ts";

export const handler = endpoint(runtime, cancelWithdrawalContract, async (call) => {
  const { client: clientId, correlationId } = call;
  const withdrawalId = call.params.id;
  const outcome = await cancelWithdrawal(runtime, { clientId, withdrawalId, correlationId });
  if (outcome.ok) return { status: 200, body: showWithdrawal(outcome.value) };
  const { code } = outcome.failure;
  throw code === "not_found" ? notFound("There is no such withdrawal.") : refused({ code });
});
