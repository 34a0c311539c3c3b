import assert from "node:assert/strict";
import { test } from "node:test";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { createNetworks } from "../platform/networks.ts";
import { callerAddress, createEdgeCheck } from "./address.ts";

const PROXIES = createNetworks(["127.0.0.0/8", "::1/128", "172.16.0.0/12"]);

const from = (sourceIp: string | undefined, forwarded?: string): string =>
  callerAddress(
    {
      headers: forwarded === undefined ? {} : { "x-forwarded-for": forwarded },
      requestContext: { http: { sourceIp } },
    } as unknown as APIGatewayProxyEventV2,
    PROXIES,
  );

test("without a proxy, the caller's address is the peer of the socket, whatever the headers say", () => {
  assert.equal(from("203.0.113.7"), "203.0.113.7");
  assert.equal(from("203.0.113.7", "198.51.100.1"), "203.0.113.7");
  assert.equal(from("2001:db8::1", "198.51.100.1"), "2001:db8::1");
});

test("behind the gateway, it is the address that the gateway appended, not what the caller wrote", () => {
  for (const gateway of ["127.0.0.1", "::1", "::ffff:127.0.0.1", "172.18.0.5"]) {
    assert.equal(from(gateway, "198.51.100.1"), "198.51.100.1");
    assert.equal(from(gateway, "1.2.3.4, 198.51.100.1"), "198.51.100.1");
    assert.equal(from(gateway, "1.2.3.4,2001:db8::7"), "2001:db8::7");
  }
});

test("headers of an unknown proxy are ignored, and two configured proxies are skipped", () => {
  assert.equal(from("10.1.2.3", "198.51.100.1"), "10.1.2.3");
  assert.equal(from("fd00::5", "198.51.100.1"), "fd00::5");
  assert.equal(from("127.0.0.1", "198.51.100.1, 172.18.0.5"), "198.51.100.1");
});

test("without a valid forwarded address, the address is the peer's", () => {
  for (const header of [undefined, "", "nonsense", "1.2.3.4, ", "1.2.3.4, 5.6.7"])
    assert.equal(from("127.0.0.1", header), "127.0.0.1");
  assert.equal(from(undefined), "unknown");
});

test("behind the edge of the network that knows the secret, it is the address that the edge appended", () => {
  const secret = "a-secret-of-at-least-32-bytes-for-the-edge";
  const proxies = { ...PROXIES, isEdge: createEdgeCheck(secret) };
  const through = (header: string, forwarded: string): string =>
    callerAddress(
      {
        headers: { "x-forwarded-for": forwarded, "x-brokerx-edge": header },
        requestContext: { http: { sourceIp: "192.0.2.1" } },
      } as unknown as APIGatewayProxyEventV2,
      proxies,
    );
  assert.equal(through(secret, "1.2.3.4, 198.51.100.1"), "198.51.100.1");
  assert.equal(through(secret, "1.2.3.4, 198.51.100.1, 192.0.2.1"), "198.51.100.1");
  assert.equal(through("a guess", "198.51.100.1"), "192.0.2.1");
  assert.equal(through("", "198.51.100.1"), "192.0.2.1");
});
