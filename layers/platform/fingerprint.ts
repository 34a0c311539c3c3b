import { hash } from "node:crypto";

/**
 * SHA-256 of a flat record, independent of the order of its keys: requests with the same
 * fingerprint ask for the same thing.
 */
export const fingerprint = (
  record: Readonly<Record<string, string | number | bigint | boolean | undefined>>,
): Buffer => {
  const entries = Object.entries(record)
    .filter(([, value]) => value !== undefined)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, value]) => [key, typeof value, String(value)]);
  return hash("sha256", JSON.stringify(entries), "buffer");
};
