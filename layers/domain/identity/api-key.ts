import type { Scope } from "./session.ts";

/** API keys a client may have at a time. */
export const API_KEYS_MAX = 50;
export const API_KEY_NAME_CHARACTERS_MAX = 100;
export const ALLOWED_IPS_MAX = 20;

/** An API key as its owner sees it; the key itself is never stored. */
export type ApiKey = {
  readonly keyId: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** Networks the key may be used from, in CIDR notation; empty means any. */
  readonly allowedIps: readonly string[];
  readonly createdAt: Date;
  readonly expiresAt: Date | undefined;
  readonly lastUsedAt: Date | undefined;
};
