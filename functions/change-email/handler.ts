import { endpoint } from "../../layers/http/endpoint.ts";
import { invalidResetLink } from "../../layers/http/identity/identity-problems.ts";
import { runtime } from "../../layers/runtime.ts";
import { confirmEmailChange, requestEmailChange } from "./change-email.ts";
import { changeEmailContract, confirmEmailContract } from "./contract.ts";

export const handler = endpoint(runtime, changeEmailContract, async (call) => {
  const { client: clientId, credential, correlationId } = call;
  const { email } = call.body;
  await requestEmailChange(runtime, { clientId, sessionId: credential.id, email, correlationId });
  return { status: 202 };
});

export const confirmHandler = endpoint(runtime, confirmEmailContract, async (call) => {
  const { correlationId } = call;
  const outcome = await confirmEmailChange(runtime, { token: call.body.token, correlationId });
  if (!outcome.ok) throw invalidResetLink();
  return { status: 200, body: { client: { email: outcome.value.email } } };
});
