import { errors, type JWTPayload, jwtVerify, SignJWT } from "jose";
import { LRUCache } from "lru-cache";
import type { Clock } from "../clock.ts";
import type { KeyRing } from "./key-ring.ts";

export const ISSUER = "brokerx";
const AUDIENCE = "brokerx.web";
const TOKEN_CHARACTERS_MAX = 4_096;
const CLOCK_TOLERANCE_SECONDS = 5;
/** How many genuine tokens' claims are cached. */
const REMEMBERED_MAX = 2_000;

/** The client of a verified access token, its session and roles, and when it expires. */
export type Claims = {
  readonly clientId: string;
  readonly roles: readonly string[];
  readonly tokenId: string;
  readonly sessionId: string;
  /** When the client last proved a second factor; long ago when the token does not say. */
  readonly authTime: Date;
  readonly expiresAt: Date;
};

/** The claims of a new token. Without `issuedAt` it is issued now. */
type NewToken = Omit<Claims, "expiresAt" | "authTime"> & {
  readonly authTime?: Date;
  readonly issuedAt?: Date;
};

/** The token is not genuine or has expired; the caller does not learn which. */
export class BadToken extends Error {
  override readonly name = "BadToken";
}

export type Tokens = {
  readonly sign: (claims: NewToken) => Promise<string>;
  readonly verify: (token: string) => Promise<Claims>;
  readonly ttlSeconds: number;
};

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Access tokens: JWT with HS256 or EdDSA (RFC 7519, RFC 8037, RFC 8725). One key signs and each key of
 * the ring verifies, by its id. Algorithm, issuer, audience and expiry are always checked.
 */
export const createTokens = (options: {
  readonly keys: KeyRing;
  readonly ttlSeconds: number;
  readonly clock: Clock;
}): Tokens => {
  const { algorithm, signing, verifying } = options.keys;
  const judge = async (token: string): Promise<Claims> => {
    if (token.length > TOKEN_CHARACTERS_MAX) throw new BadToken("too long");
    if (!token.split(".").every(isCanonical)) throw new BadToken("not canonical base64url");
    const { payload } = await jwtVerify(
      token,
      (header) => {
        const key = verifying.get(header.kid ?? "");
        if (key === undefined) throw new BadToken("unknown key");
        const type: unknown = header.typ ?? "JWT";
        if (typeof type !== "string" || type.toUpperCase() !== "JWT")
          throw new BadToken("another type of token");
        return key;
      },
      {
        algorithms: [algorithm],
        issuer: ISSUER,
        audience: AUDIENCE,
        requiredClaims: ["exp", "iat", "sub", "jti"],
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: options.clock(),
      },
    ).catch((error: unknown) => {
      if (error instanceof errors.JOSEError) throw new BadToken(error.code, { cause: error });
      throw error;
    });
    return claimsOf(payload, options.clock());
  };
  // A client sends the same token a thousand times; only its expiry must be checked again.
  const remembered = new LRUCache<string, Claims>({ max: REMEMBERED_MAX });
  const verify = async (token: string): Promise<Claims> => {
    const known = remembered.get(token);
    if (known !== undefined && !isExpired(known, options.clock())) return known;
    const claims = await judge(token);
    remembered.set(token, claims);
    return claims;
  };
  const sign = async (claims: NewToken): Promise<string> => {
    if (signing === undefined) throw new Error("this process has no key to sign tokens with");
    const issuedAt = seconds(claims.issuedAt ?? options.clock());
    return new SignJWT({
      client_id: claims.clientId,
      roles: claims.roles,
      sid: claims.sessionId,
      ...(claims.authTime === undefined ? {} : { auth_time: seconds(claims.authTime) }),
    })
      .setProtectedHeader({ alg: algorithm, typ: "JWT", kid: signing.kid })
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setSubject(claims.clientId)
      .setJti(claims.tokenId)
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + options.ttlSeconds)
      .sign(signing.key);
  };
  return { sign, verify, ttlSeconds: options.ttlSeconds };
};

const seconds = (moment: Date): number => Math.floor(moment.getTime() / 1_000);

/**
 * Decoders ignore the unused bits of the last character, so several texts would be the same token.
 */
const isCanonical = (part: string): boolean =>
  Buffer.from(part, "base64url").toString("base64url") === part;

const isExpired = ({ expiresAt }: Claims, now: Date): boolean =>
  expiresAt.getTime() + CLOCK_TOLERANCE_SECONDS * 1_000 <= now.getTime();

/** Reads the claims of a genuine token; even then every claim is checked. */
const claimsOf = (payload: JWTPayload, now: Date): Claims => {
  const clientId = text(payload.sub);
  if (clientId !== payload["client_id"]) throw new BadToken("subject and client differ");
  if (!UUID.test(clientId)) throw new BadToken("the subject is no client");
  if ((payload.iat ?? 0) > now.getTime() / 1_000 + CLOCK_TOLERANCE_SECONDS)
    throw new BadToken("made in the future");
  const { roles } = payload;
  return {
    clientId,
    roles: Array.isArray(roles) ? roles.filter((role) => typeof role === "string") : [],
    tokenId: text(payload.jti),
    sessionId: text(payload["sid"]),
    authTime: new Date(typeof payload["auth_time"] === "number" ? payload["auth_time"] * 1_000 : 0),
    expiresAt: new Date((payload.exp ?? 0) * 1_000),
  };
};

const text = (value: unknown): string => {
  if (typeof value !== "string" || value === "") throw new BadToken("a claim is missing");
  return value;
};
