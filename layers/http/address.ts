import { isIP } from "node:net";
import type { APIGatewayProxyEventV2 } from "aws-lambda";

/** The proxies whose `X-Forwarded-For` header is trusted. */
export type Proxies = { readonly has: (address: string) => boolean };

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

/** The network address of the caller of an HTTP request. */
export const callerAddress = (event: APIGatewayProxyEventV2, proxies: Proxies): string =>
  addressBehind(
    event.requestContext?.http?.sourceIp ?? "unknown",
    event.headers?.["x-forwarded-for"],
    proxies,
  );

/** Writes an IPv4 address the same way when it arrives over an IPv6 socket. */
const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, "");
