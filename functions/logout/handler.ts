import { bearerOf } from "../../layers/http/authenticate.ts";
import { endpoint } from "../../layers/http/endpoint.ts";
import { expiredCookie, readRefreshToken } from "../../layers/http/identity/session-cookie.ts";
import { runtime } from "../../layers/runtime.ts";
import { logoutContract } from "./contract.ts";
import { logout, logoutByRefreshToken } from "./logout.ts";

export const handler = endpoint(runtime, logoutContract, async (call) => {
  const { headers, correlationId, address } = call;
  const { publicUrl } = runtime.config;
  const sent = readRefreshToken(headers, call.body.refresh_token, publicUrl);
  if (sent !== undefined)
    await logoutByRefreshToken(runtime, { refreshToken: sent.token, correlationId });
  else {
    const { client: clientId, credential } = await runtime.authenticate(bearerOf(headers), address);
    if (credential.kind === "session")
      await logout(runtime, { sessionId: credential.id, clientId, correlationId });
  }
  return { status: 204, headers: expiredCookie(publicUrl) };
});
