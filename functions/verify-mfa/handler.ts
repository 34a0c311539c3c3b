import { endpoint } from "../../layers/http/endpoint.ts";
import { invalidCode } from "../../layers/http/identity/identity-problems.ts";
import { answerPair } from "../../layers/http/identity/session-answer.ts";
import { userAgentOf } from "../../layers/http/identity/user-agent.ts";
import { runtime } from "../../layers/runtime.ts";
import { verifyMfaContract } from "./contract.ts";
import { verifyMfa } from "./verify-mfa.ts";

export const handler = endpoint(runtime, verifyMfaContract, async ({ body, ...caller }) => {
  const { challenge_id: challengeId, email, code } = body;
  const userAgent = userAgentOf(caller.headers);
  const outcome = await verifyMfa(runtime, { ...caller, challengeId, email, code, userAgent });
  if (!outcome.ok) throw invalidCode();
  return answerPair(runtime, outcome.value, body.session === "cookie");
});
