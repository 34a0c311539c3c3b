import { endpoint } from "../../layers/http/endpoint.ts";
import { notFound } from "../../layers/http/problem.ts";
import { runtime } from "../../layers/runtime.ts";
import { endOtherSessionsContract, endSessionContract } from "./contract.ts";
import { endAllOtherSessions, endOwnSession } from "./end-sessions.ts";

export const handler = endpoint(runtime, endSessionContract, async (call) => {
  const { client: clientId, correlationId } = call;
  const ended = await endOwnSession(runtime, {
    clientId,
    sessionId: call.params.id,
    correlationId,
  });
  if (!ended) throw notFound("There is no such session.");
  return { status: 204 };
});

export const othersHandler = endpoint(runtime, endOtherSessionsContract, async (call) => {
  const { client: clientId, credential, correlationId } = call;
  await endAllOtherSessions(runtime, { clientId, sessionId: credential.id, correlationId });
  return { status: 204 };
});
