import type { Scope } from "./session.ts";

/** The most API keys that a client may have at a time. */
export const API_KEYS_MAX = 50;
export const API_KEY_NAME_CHARACTERS_MAX = 100;
export const ALLOWED_IPS_MAX = 20;

/** An API key without its secret, which is never stored. */
export type ApiKey = {
  readonly keyId: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** The networks that may use the key, in CIDR notation; an empty list allows all. */
  readonly allowedIps: readonly string[];
  readonly createdAt: Date;
  readonly expiresAt: Date | undefined;
  readonly lastUsedAt: Date | undefined;
};
