import { acceptToken, type TokenAnswer } from "../state/session.ts";
import { call } from "./brokerx.ts";

export type Challenge = {
  readonly challenge_id: string;
  readonly expires_at: string;
  /** `totp`: the code of the authenticator app is asked for; otherwise one was mailed. */
  readonly method?: string;
};

export const startLogin = (email: string, password: string): Promise<Challenge> =>
  call("POST", "/api/v1/auth/login", { email, password });

/** Finishes a login; the refresh token arrives in a cookie that this page cannot read. */
export const finishLogin = async (challengeId: string, code: string): Promise<void> => {
  const body = { challenge_id: challengeId, code, session: "cookie" };
  acceptToken(await call<TokenAnswer>("POST", "/api/v1/auth/verify_mfa", body));
};
