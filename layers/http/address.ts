import { timingSafeEqual } from "node:crypto";
import { isIP } from "node:net";
import type { APIGatewayProxyEventV2 } from "aws-lambda";

/** The proxies whose `X-Forwarded-For` header is trusted. */
export type Proxies = {
  readonly has: (address: string) => boolean;
  /** Whether this header proves that the peer is the edge of our content delivery network. */
  readonly isEdge?: (header: string | undefined) => boolean;
};

/**
 * The caller's network address: the peer or, when the peer is a configured proxy, the last address of
 * `X-Forwarded-For` that is not such a proxy itself. Addresses before it are ignored, because the caller
 * may have written them.
 */
export const addressBehind = (
  peer: string,
  forwardedFor: string | undefined,
  proxies: Proxies,
): string => {
  let address = plain(peer);
  const forwarded = (forwardedFor ?? "").split(",");
  while (proxies.has(address)) {
    const before = plain(forwarded.pop()?.trim() ?? "");
    if (isIP(before) === 0) break;
    address = before;
  }
  return address;
};

/**
 * The caller's network address when the peer may be an edge of our content delivery network. Edges
 * have no fixed addresses, so they are recognised by their header.
 */
export const addressBehindEdge = (
  peer: string,
  header: (name: string) => string | undefined,
  proxies: Proxies,
): string => {
  const isEdge = proxies.isEdge?.(header(EDGE_HEADER)) ?? false;
  const trusted = { has: (address: string) => address === plain(peer) || proxies.has(address) };
  return addressBehind(peer, header("x-forwarded-for"), isEdge ? trusted : proxies);
};

/** The network address of the caller of an HTTP request. */
export const callerAddress = (event: APIGatewayProxyEventV2, proxies: Proxies): string =>
  addressBehindEdge(
    event.requestContext?.http?.sourceIp ?? "unknown",
    (name) => event.headers?.[name],
    proxies,
  );

/** Writes an IPv4 address the same way when it arrives over an IPv6 socket. */
const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, "");

/** The header with which the content delivery network proves that a request came through it. */
const EDGE_HEADER = "x-brokerx-edge";

/**
 * Returns whether a header's value is the secret of the network's edge; always false when no secret
 * is configured.
 */
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
