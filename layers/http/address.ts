import { BlockList, isIP } from "node:net";
import type { APIGatewayProxyEventV2 } from "aws-lambda";

/** Networks nobody reaches us from but the gateway and the machine itself (RFC 1918, 4193). */
const OURS = new BlockList();
OURS.addSubnet("127.0.0.0", 8, "ipv4");
OURS.addSubnet("10.0.0.0", 8, "ipv4");
OURS.addSubnet("172.16.0.0", 12, "ipv4");
OURS.addSubnet("192.168.0.0", 16, "ipv4");
OURS.addAddress("::1", "ipv6");
OURS.addSubnet("fc00::", 7, "ipv6");

const isOurs = (address: string): boolean => {
  const family = isIP(address);
  return family !== 0 && OURS.check(address, family === 4 ? "ipv4" : "ipv6");
};

/**
 * The caller's network address: the peer, or, when the peer is the gateway in our own network, the
 * last address of `X-Forwarded-For`, which the gateway itself appended. What a caller wrote into that
 * header stands before it and counts for nothing.
 */
export const callerAddress = (event: APIGatewayProxyEventV2): string => {
  const peer = event.requestContext?.http?.sourceIp ?? "unknown";
  if (!isOurs(peer)) return peer;
  const forwarded = event.headers?.["x-forwarded-for"]?.split(",").at(-1)?.trim() ?? "";
  return isIP(forwarded) === 0 ? peer : forwarded;
};
