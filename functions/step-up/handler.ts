import { endpoint } from "../../layers/http/endpoint.ts";
import { invalidCode, tooManyChallenges } from "../../layers/http/identity/identity-problems.ts";
import type { Problem } from "../../layers/http/problem.ts";
import { runtime } from "../../layers/runtime.ts";
import { stepUpContract } from "./contract.ts";
import { beginStepUp, finishStepUp, type StepUpRefusal } from "./step-up.ts";

export const handler = endpoint(runtime, stepUpContract, async (call) => {
  const { client: clientId, credential, address, correlationId } = call;
  const caller = { clientId, sessionId: credential.id, address, correlationId };
  const { code } = call.body;
  if (code === undefined) {
    const begun = await beginStepUp(runtime, caller);
    if (!begun.ok) throw refused(begun.failure);
    const { challengeId, factor, expiresAt } = begun.value;
    const body = { mfa_required: true, challenge_id: challengeId, method: factor };
    return { status: 202, body: { ...body, expires_at: expiresAt.toISOString() } };
  }
  const passed = await finishStepUp(runtime, { ...caller, code });
  if (!passed.ok) throw refused(passed.failure);
  const expiresIn = runtime.tokens.ttlSeconds;
  return {
    status: 200,
    body: { token: passed.value, token_type: "Bearer", expires_in: expiresIn },
  };
});

const refused = (failure: StepUpRefusal): Problem =>
  failure.code === "invalid_code" ? invalidCode() : tooManyChallenges(failure.retryAfterSeconds);
