import assert from "node:assert/strict";
import type { ClientId } from "../../layers/domain/identifiers.ts";
import type { Database } from "../../layers/store/pg/database.ts";
import { authorizationOf, type Handler, invoke, type Reply } from "../../layers/testing/http.ts";
import { activeClient, mailedCode, mailedToken, PASSWORD } from "../../layers/testing/identity.ts";

type Load = Readonly<Record<string, Handler>>;

/** Every route of identity by its operation; call after useEnvironment. */
export const loadIdentity = async (): Promise<Load> => {
  const [verifyEmail, login, verifyMfa, refresh, logout, sessions, stepUp, forgot, reset] =
    await Promise.all([
      import("../../functions/verify-email/handler.ts"),
      import("../../functions/login/handler.ts"),
      import("../../functions/verify-mfa/handler.ts"),
      import("../../functions/refresh-session/handler.ts"),
      import("../../functions/logout/handler.ts"),
      import("../../functions/list-sessions/handler.ts"),
      import("../../functions/step-up/handler.ts"),
      import("../../functions/forgot-password/handler.ts"),
      import("../../functions/reset-password/handler.ts"),
    ]);
  const [password, email, profile, close, totp, keys] = await Promise.all([
    import("../../functions/change-password/handler.ts"),
    import("../../functions/change-email/handler.ts"),
    import("../../functions/profile/handler.ts"),
    import("../../functions/close-account/handler.ts"),
    import("../../functions/totp/handler.ts"),
    import("../../functions/api-keys/handler.ts"),
  ]);
  return {
    ...{ openLink: verifyEmail.handler, confirm: verifyEmail.postHandler, login: login.handler },
    ...{ verifyMfa: verifyMfa.handler, refresh: refresh.handler, logout: logout.handler },
    ...{ listSessions: sessions.handler, stepUp: stepUp.handler, forgot: forgot.handler },
    ...{ reset: reset.handler, changePassword: password.handler, changeEmail: email.handler },
    ...{ confirmEmail: email.confirmHandler, profile: profile.handler },
    ...{ updateProfile: profile.updateHandler, close: close.handler },
    ...{ beginTotp: totp.beginHandler, confirmTotp: totp.confirmHandler },
    ...{ removeTotp: totp.removeHandler, createKey: keys.createHandler },
    ...{ listKeys: keys.listHandler, revokeKey: keys.revokeHandler },
  };
};

type Request = Parameters<typeof invoke>[1];

/** A person who uses identity's routes, and the mails to that person. */
export const createPerson = async (
  { database, routes, hash }: { database: Database; routes: Load; hash: string },
  email: string,
) => {
  const clientId: ClientId = await activeClient(database, { email, passwordHash: hash });
  const send = (operation: string, request: Request = {}): Promise<Reply> => {
    const handler = routes[operation];
    assert.ok(handler, operation);
    return invoke(handler, request);
  };
  const as = async (
    operation: string,
    request: Request = {},
    authTime = new Date(),
  ): Promise<Reply> => {
    const authorization = await authorizationOf(clientId, [], authTime);
    return send(operation, { ...request, headers: { authorization, ...request.headers } });
  };
  const challenge = async (password = PASSWORD, address?: string): Promise<Reply> =>
    send("login", { body: { email, password }, ...(address === undefined ? {} : { address }) });
  const logIn = async (password = PASSWORD): Promise<Reply> => {
    const asked = await challenge(password);
    assert.equal(asked.status, 200, asked.text);
    const code = await mailedCode(database, email);
    return send("verifyMfa", { body: { challenge_id: asked.json()["challenge_id"], code } });
  };
  return {
    ...{ clientId, email, send, as, challenge, logIn },
    token: () => mailedToken(database, email),
    code: () => mailedCode(database, email),
  };
};
