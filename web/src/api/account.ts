import { acceptToken, type TokenAnswer } from "../state/session.ts";
import { withStepUp } from "../state/step-up.ts";
import { call } from "./brokerx.ts";
import type { Challenge } from "./sign-in.ts";

export type Profile = {
  readonly client_id: string;
  readonly email: string;
  readonly first_name: string;
  readonly last_name: string;
  readonly status: string;
  readonly totp: boolean;
};

export type SessionOut = {
  readonly session_id: string;
  readonly created_at: string;
  readonly last_used_at: string;
  readonly user_agent: string;
  readonly address: string;
  readonly current: boolean;
};

export type Scope = "read" | "trade" | "transfer";

export type ApiKey = {
  readonly key_id: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly created_at: string;
  readonly last_used_at: string | null;
  readonly expires_at: string | null;
  readonly allowed_ips: readonly string[];
};

export type NewApiKey = {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly expires_at?: string;
  readonly allowed_ips?: readonly string[];
};

export type Enrolment = { readonly secret: string; readonly qr_code: string };

const ME = "/api/v1/clients/me";

export const readProfile = async (): Promise<Profile> =>
  (await call<{ readonly client: Profile }>("GET", ME)).client;

export const saveProfile = (names: Pick<Profile, "first_name" | "last_name">) =>
  call("PATCH", ME, { client: names });

export const changePassword = (current: string, next: string) =>
  withStepUp(() => call("POST", `${ME}/password`, { current_password: current, password: next }));

export const changeEmail = (email: string) =>
  withStepUp(() => call("POST", `${ME}/email`, { email }));

export const closeAccount = () => withStepUp(() => call("POST", `${ME}/close`, {}));

export const startTotp = () => withStepUp(() => call<Enrolment>("POST", `${ME}/totp`, {}));

export const confirmTotp = async (code: string): Promise<readonly string[]> => {
  const response = await call<{ readonly recovery_codes: readonly string[] }>(
    "POST",
    `${ME}/totp/confirm`,
    { code },
  );
  return response.recovery_codes;
};

export const removeTotp = (code: string) =>
  withStepUp(() => call("DELETE", `${ME}/totp`, { code }));

export const readSessions = async (): Promise<readonly SessionOut[]> =>
  (await call<{ readonly sessions: readonly SessionOut[] }>("GET", "/api/v1/auth/sessions"))
    .sessions;

export const endSession = (id: string) => call("DELETE", `/api/v1/auth/sessions/${id}`);
export const endOtherSessions = () => call("DELETE", "/api/v1/auth/sessions");

export const readKeys = async (): Promise<readonly ApiKey[]> =>
  (await call<{ readonly api_keys: readonly ApiKey[] }>("GET", "/api/v1/api_keys")).api_keys;

export const createKey = async (key: NewApiKey): Promise<string> => {
  const create = () =>
    call<{ readonly api_key: { readonly key: string } }>("POST", "/api/v1/api_keys", key);
  return (await withStepUp(create)).api_key.key;
};

export const revokeKey = (id: string) => withStepUp(() => call("DELETE", `/api/v1/api_keys/${id}`));

/** Asks for the code that a step-up needs; an authenticator app needs none to be sent. */
export const requestStepUpCode = () => call<Challenge>("POST", "/api/v1/auth/step_up", {});

export const stepUp = async (code: string): Promise<void> =>
  acceptToken(await call<TokenAnswer>("POST", "/api/v1/auth/step_up", { code }));
