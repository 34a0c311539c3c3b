import { computed, signal } from "@preact/signals";
import { config } from "./config.ts";

// The access token is kept in this module's memory only. The refresh token is in an HttpOnly cookie that scripts
// cannot read; the browser's storage only remembers that there may be one.

type Claims = {
  readonly client_id: string;
  readonly roles: readonly string[];
  readonly exp: number;
  readonly auth_time?: number;
  readonly sid?: string;
};

type Session = { readonly token: string; readonly claims: Claims };

export type TokenAnswer = { readonly token: string; readonly expires_in: number };

const HINT = "brokerx.signed-in";
const EARLY_SECONDS = 60;

const current = signal<Session | undefined>(undefined);
const channel = new BroadcastChannel("brokerx.session");
let renewal: Promise<boolean> | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;

export const signedIn = computed(() => current.value !== undefined);
export const isOperator = computed(() => current.value?.claims.roles.includes("admin") ?? false);
export const clientId = computed(() => current.value?.claims.client_id);
export const sessionId = computed(() => current.value?.claims.sid);
export const accessToken = (): string | undefined => current.peek()?.token;

/** Reads the claims for display only; the services verify the token. */
const claimsOf = (token: string): Claims => {
  const part = token.split(".")[1] ?? "";
  const bytes = Uint8Array.from(atob(part.replace(/-/g, "+").replace(/_/g, "/")), (character) =>
    character.charCodeAt(0),
  );
  return JSON.parse(new TextDecoder().decode(bytes));
};

/** Begins or continues a session with a new access token. */
export const acceptToken = ({ token, expires_in }: TokenAnswer): void => {
  current.value = { token, claims: claimsOf(token) };
  localStorage.setItem(HINT, "1");
  clearTimeout(timer);
  const seconds = Math.max(5, expires_in - EARLY_SECONDS);
  timer = setTimeout(() => void renewSession(), seconds * 1_000);
};

/** Deletes everything about the session in this tab. */
export const forgetSession = (): void => {
  clearTimeout(timer);
  current.value = undefined;
  localStorage.removeItem(HINT);
};

const post = (path: string, token?: string): Promise<Response> =>
  fetch(path, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      apikey: config.apiKey,
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: "{}",
  });

const renew = async (): Promise<boolean> => {
  const response = await post("/api/v1/auth/refresh");
  if (response.ok) acceptToken(await response.json());
  else if (response.status < 500 && response.status !== 429) forgetSession();
  return response.ok;
};

/** Gets a new access token with the cookie. Calls at the same time share one request. */
export const renewSession = (): Promise<boolean> => {
  renewal ??= navigator.locks
    .request("brokerx.refresh", renew)
    .catch(() => false)
    .finally(() => {
      renewal = undefined;
    });
  return renewal;
};

/** Continues the session of an earlier visit, if there was one. */
export const resumeSession = async (): Promise<void> => {
  if (localStorage.getItem(HINT) !== null) await renewSession();
};

/** Ends the session here, on the server, and in the other tabs. */
export const signOut = async (): Promise<void> => {
  const token = accessToken();
  forgetSession();
  channel.postMessage("signed-out");
  await post("/api/v1/auth/logout", token).catch(() => undefined);
};

channel.onmessage = () => forgetSession();
