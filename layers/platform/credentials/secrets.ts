import { createHash, randomBytes, randomInt, timingSafeEqual } from "node:crypto";

const TOKEN_BYTES = 32;

/** A secret nobody guesses: 256 random bits as 43 characters that survive a URL. */
export const newToken = (): string => randomBytes(TOKEN_BYTES).toString("base64url");

/** What is stored of a token. Its 256 bits cannot be searched, so a plain hash suffices. */
export const hashToken = (token: string): Buffer => createHash("sha256").update(token).digest();

/** A six-digit code, every one equally likely. */
export const newCode = (): string => randomInt(1_000_000).toString().padStart(6, "0");

/** Compares two hashes of one length without telling by the time where they differ. */
export const sameHash = (left: Uint8Array, right: Uint8Array): boolean =>
  left.length === right.length && timingSafeEqual(left, right);
