import { accept, type Outcome, refuse } from "../outcome.ts";

/** Two tabs may refresh at the same moment; within this time both get the same new pair. */
const REFRESH_GRACE_SECONDS = 10;

/** The largest age of a login or a step-up for actions that need a recent one. */
const STEP_UP_SECONDS = 300;

/** Why a session ended; stored with the session and in the audit log. */
export type SessionEnd =
  | "logout"
  | "signed_out"
  | "refresh_reuse"
  | "password_changed"
  | "suspended"
  | "closed";

/** The stored state of a refresh token that was sent. */
export type PresentedRefresh = {
  readonly expired: boolean;
  readonly sessionEnded: boolean;
  readonly clientActive: boolean;
  /** Undefined until the first use of the token. */
  readonly secondsSinceUse: number | undefined;
};

export type RefreshRefusal = { readonly code: "invalid_refresh_token"; readonly reused: boolean };

/**
 * Decides whether a refresh token may be exchanged. A used token that is sent again after the grace
 * time has been copied: the client or a thief has the newer one, so the whole session must end.
 */
export const judgeRefresh = (
  token: PresentedRefresh | undefined,
): Outcome<"rotate" | "repeat", RefreshRefusal> => {
  const refused = { code: "invalid_refresh_token", reused: false } as const;
  if (token === undefined || token.sessionEnded || !token.clientActive) return refuse(refused);
  const used = token.secondsSinceUse;
  if (used !== undefined && used > REFRESH_GRACE_SECONDS)
    return refuse({ ...refused, reused: true });
  if (token.expired) return refuse(refused);
  return accept(used === undefined ? "rotate" : "repeat");
};

/** Returns whether a login or step-up at that time is recent enough. */
export const isFresh = (authTime: Date, now: Date): boolean =>
  now.getTime() - authTime.getTime() <= STEP_UP_SECONDS * 1_000;

/** What an API key may be allowed to do. */
export const SCOPES = ["read", "trade", "transfer"] as const;
export type Scope = (typeof SCOPES)[number];

/** An access token, and the refresh token for the next pair. */
export type TokenPair = { readonly token: string; readonly refreshToken: string };

/** The credential of a request. */
export type Credential = { readonly kind: "session" | "api_key"; readonly id: string };

/** A client and the credential it used. */
export type Principal<Id extends string = string> = {
  readonly clientId: Id;
  readonly credential: Credential;
};
