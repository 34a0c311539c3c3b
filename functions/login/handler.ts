import { endpoint } from "../../layers/http/endpoint.ts";
import {
  invalidCredentials,
  tooManyAttempts,
  tooManyChallenges,
} from "../../layers/http/identity/identity-problems.ts";
import type { Problem } from "../../layers/http/problem.ts";
import { passwords } from "../../layers/platform/credentials/passwords.ts";
import { runtime } from "../../layers/runtime.ts";
import { loginContract } from "./contract.ts";
import { type LoginRefusal, login } from "./login.ts";

export const handler = endpoint(runtime, loginContract, async ({ body, ...caller }) => {
  const outcome = await login({ ...runtime, passwords }, { ...caller, ...body });
  if (!outcome.ok) throw refused(outcome.failure);
  const { challengeId, factor, expiresAt } = outcome.value;
  return {
    status: 200,
    body: {
      ...{ mfa_required: true, challenge_id: challengeId, method: factor },
      expires_at: expiresAt.toISOString(),
    },
  };
});

const refused = (failure: LoginRefusal): Problem => {
  switch (failure.code) {
    case "invalid_credentials":
      return invalidCredentials();
    case "too_many_challenges":
      return tooManyChallenges(failure.retryAfterSeconds);
    case "too_many_attempts":
      return tooManyAttempts(failure.retryAfterSeconds);
  }
};
