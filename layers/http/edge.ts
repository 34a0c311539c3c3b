import { timingSafeEqual } from "node:crypto";

/** The header with which the content delivery network proves that a request came through it. */
export const EDGE_HEADER = "x-brokerx-edge";

/** Tells whether a header's value is the secret of the network's edge; without a secret, nothing is. */
export const createEdgeCheck = (
  secret: string | undefined,
): ((header: string | undefined) => boolean) => {
  if (secret === undefined) return () => false;
  const expected = Buffer.from(secret);
  return (header = "") => {
    const sent = Buffer.from(header);
    return sent.length === expected.length && timingSafeEqual(sent, expected);
  };
};
