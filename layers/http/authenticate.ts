import { LRUCache } from "lru-cache";
import type { ClientId } from "../domain/identifiers.ts";
import { type Credential, isFresh, type Scope } from "../domain/identity/session.ts";
import type { Clock } from "../platform/clock.ts";
import { parseApiKey } from "../platform/credentials/api-keys.ts";
import { hashToken, sameHash } from "../platform/credentials/secrets.ts";
import { BadToken, type Tokens } from "../platform/credentials/tokens.ts";
import { createNetworks } from "../platform/networks.ts";
import { findUsableKey, touchKey, type UsableKey } from "../store/identity/api-keys.ts";
import type { CredentialValidity } from "../store/identity/credential-validity.ts";
import type { Executor } from "../store/pg/database.ts";
import { type Contract, scopeOf } from "./contract.ts";
import { forbidden, unauthorized } from "./problem.ts";

const BEARER = /^bearer +(\S+)$/i;
const KEY_PREFIX = "brx_";
const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** The client that a verified token or API key belongs to, its permissions, and when they end. */
export type Caller = {
  readonly client: ClientId;
  readonly roles: readonly string[];
  readonly tokenExpiresAt: Date;
  readonly credential: Credential;
  /** When the client last proved a second factor; never for an API key. */
  readonly authTime: Date;
  /** The scopes of an API key; `all` for a login session. */
  readonly scopes: readonly Scope[] | "all";
};

/**
 * Returns the caller that a bearer token or an API key belongs to; throws 401 when it is not valid.
 * The state of a session may be two seconds old, unless a `new` answer is asked for.
 */
export type Authenticate = (
  bearer: string | undefined,
  address: string,
  freshness?: "cached" | "new",
) => Promise<Caller>;

type Deps = {
  readonly database: Executor;
  readonly tokens: Pick<Tokens, "verify">;
  readonly validity: CredentialValidity;
  readonly clock: Clock;
};

/**
 * The text after `Bearer` in an Authorization header; undefined without the header. Throws 401 for a
 * header of any other form.
 */
export const bearerOf = (
  headers: Readonly<Record<string, string | undefined>>,
): string | undefined => {
  const { authorization } = headers;
  if (authorization === undefined) return undefined;
  const bearer = BEARER.exec(authorization)?.[1];
  if (bearer === undefined)
    throw unauthorized("The Authorization header must be `Bearer`, a space and a token.");
  return bearer;
};

/**
 * Accepts an access token of a session that has not ended, or an API key that is not revoked; the
 * client must be active. Cached states are at most two seconds old.
 */
export const createAuthenticate = (deps: Deps): Authenticate => {
  const callerOfKey = createKeys(deps);
  return async (bearer, address, freshness) => {
    if (bearer === undefined) throw unauthorized("A bearer token or an API key is required.");
    if (!JWT.test(bearer)) {
      if (bearer.startsWith(KEY_PREFIX)) return callerOfKey(bearer, address);
      throw unauthorized("The bearer token is neither an access token nor an API key.");
    }
    const caller = await callerOfToken(deps.tokens, bearer);
    const { client: clientId, credential } = caller;
    if (await deps.validity.isValid({ clientId, credential }, freshness)) return caller;
    throw unauthorized("The session has ended.");
  };
};

const callerOfToken = async (tokens: Deps["tokens"], token: string): Promise<Caller> => {
  try {
    const { clientId, roles, expiresAt, sessionId, authTime } = await tokens.verify(token);
    return {
      ...{ client: clientId as ClientId, roles, authTime, tokenExpiresAt: expiresAt },
      ...{ credential: { kind: "session", id: sessionId }, scopes: "all" },
    };
  } catch (error) {
    if (error instanceof BadToken) throw unauthorized(describe(error));
    throw error;
  }
};

/**
 * Tells the caller that a genuine token has expired; says nothing more about a token that is not
 * genuine.
 */
const describe = ({ message }: BadToken): string =>
  message === "ERR_JWT_EXPIRED"
    ? "The access token has expired. Log in again or refresh the session."
    : "The access token was not issued by this system, or it was altered.";

const BAD_KEY = "The API key is mistyped, unknown, revoked or expired.";

const TRUSTED_MS = 2_000;
const REMEMBERED_MAX = 10_000;
/** How long a socket that was opened with an API key may stay open. */
const KEY_SOCKET_MS = 24 * 3_600_000;

type Known = { readonly askedAt: number; readonly key: Promise<UsableKey | undefined> };

const createKeys = ({ database, clock }: Deps) => {
  const known = new LRUCache<string, Known>({ max: REMEMBERED_MAX });
  const find = (keyId: string): Promise<UsableKey | undefined> => {
    const now = clock().getTime();
    const earlier = known.get(keyId);
    if (earlier !== undefined && earlier.askedAt <= now && now - earlier.askedAt < TRUSTED_MS)
      return earlier.key;
    const key = findUsableKey(database, keyId);
    known.set(keyId, { askedAt: now, key });
    key.catch(() => known.delete(keyId));
    return key;
  };
  return async (text: string, address: string): Promise<Caller> => {
    const parts = parseApiKey(text);
    const key = parts && (await find(parts.keyId));
    if (parts === undefined || key === undefined) throw unauthorized(BAD_KEY);
    const now = clock().getTime();
    const isExpired = key.expiresAt !== undefined && key.expiresAt.getTime() <= now;
    if (isExpired || !sameHash(hashToken(parts.secret), key.secretHash))
      throw unauthorized(BAD_KEY);
    if (key.allowedIps.length > 0 && !createNetworks(key.allowedIps).has(address))
      throw unauthorized("The API key may not be used from this address.");
    if (now - (key.lastUsedAt?.getTime() ?? 0) > 60_000) await touchKey(database, key.keyId);
    return {
      ...{ client: key.clientId, roles: [], authTime: new Date(0), scopes: key.scopes },
      credential: { kind: "api_key", id: key.keyId },
      tokenExpiresAt: key.expiresAt ?? new Date(now + KEY_SOCKET_MS),
    };
  };
};

const STEP_UP_REQUIRED =
  "This needs a login code within the last five minutes. Use POST /api/v1/auth/step_up, or log in again.";

/** Throws 403 when this caller may not use this route. */
export const permit = (promise: Contract, caller: Caller, now: Date): void => {
  if (caller.scopes === "all") {
    if (promise.access === "admin" && !caller.roles.includes("admin"))
      throw forbidden("forbidden", "This is for administrators.");
    if (promise.stepUp === true && !isFresh(caller.authTime, now))
      throw forbidden("step_up_required", STEP_UP_REQUIRED);
    return;
  }
  const scope = scopeOf(promise);
  if (scope === "person")
    throw forbidden("scope_required", "No API key can do this, whatever its scopes.");
  if (!caller.scopes.includes(scope))
    throw forbidden("scope_required", `This needs an API key with the scope ${scope}.`);
};
