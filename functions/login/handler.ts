import { endpoint } from "../../layers/http/endpoint.ts";
import {
  invalidCredentials,
  tooManyChallenges,
} from "../../layers/http/identity/identity-problems.ts";
import { runtime } from "../../layers/runtime.ts";
import { loginContract } from "./contract.ts";
import { login } from "./login.ts";

export const handler = endpoint(runtime, loginContract, async ({ body, ...caller }) => {
  const outcome = await login(runtime, { ...caller, ...body });
  if (!outcome.ok)
    throw outcome.failure.code === "too_many_challenges"
      ? tooManyChallenges(outcome.failure.retryAfterSeconds)
      : invalidCredentials();
  const { challengeId, factor, expiresAt } = outcome.value;
  return {
    status: 200,
    body: {
      ...{ mfa_required: true, challenge_id: challengeId, method: factor },
      expires_at: expiresAt.toISOString(),
    },
  };
});
