import { endpoint } from "../../layers/http/endpoint.ts";
import { invalidRefreshToken } from "../../layers/http/identity/identity-problems.ts";
import { answerPair } from "../../layers/http/identity/session-answer.ts";
import { readRefreshToken } from "../../layers/http/identity/session-cookie.ts";
import { runtime } from "../../layers/runtime.ts";
import { refreshSessionContract } from "./contract.ts";
import { refreshSession } from "./refresh-session.ts";

export const handler = endpoint(runtime, refreshSessionContract, async (call) => {
  const { publicUrl } = runtime.config;
  const sent = readRefreshToken(call.headers, call.body.refresh_token, publicUrl);
  if (sent === undefined) throw invalidRefreshToken();
  const { address, correlationId } = call;
  const outcome = await refreshSession(runtime, {
    ...{ refreshToken: sent.token, address, correlationId },
  });
  if (!outcome.ok) throw invalidRefreshToken();
  return answerPair(runtime, outcome.value, sent.inCookie);
});
