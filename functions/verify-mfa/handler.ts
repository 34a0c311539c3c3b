import { endpoint } from "../../layers/http/endpoint.ts";
import { invalidCode } from "../../layers/http/identity-problems.ts";
import { runtime } from "../../layers/runtime.ts";
import { verifyMfaContract } from "./contract.ts";
import { verifyMfa } from "./verify-mfa.ts";

export const handler = endpoint(runtime, verifyMfaContract, async ({ body, ...caller }) => {
  const { challenge_id: challengeId, email, code } = body;
  const outcome = await verifyMfa(runtime, { ...caller, challengeId, email, code });
  if (!outcome.ok) throw invalidCode();
  const { token, refreshToken } = outcome.value;
  return {
    status: 200,
    body: {
      ...{ token, token_type: "Bearer", expires_in: runtime.tokens.ttlSeconds },
      refresh_token: refreshToken,
    },
  };
});
