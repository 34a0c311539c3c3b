import { createHash, randomBytes, randomInt, timingSafeEqual } from "node:crypto";

const TOKEN_BYTES = 32;

/** Creates a random secret: 256 bits as 43 characters that are safe in a URL. */
export const newToken = (): string => randomBytes(TOKEN_BYTES).toString("base64url");

/** The stored form of a token. Its 256 bits cannot be searched, so a plain hash suffices. */
export const hashToken = (token: string): Buffer => createHash("sha256").update(token).digest();

/** A six-digit code; all codes are equally likely. */
export const newCode = (): string => randomInt(1_000_000).toString().padStart(6, "0");

/** Compares two hashes of the same length in constant time. */
export const sameHash = (left: Uint8Array, right: Uint8Array): boolean =>
  left.length === right.length && timingSafeEqual(left, right);
