import assert from "node:assert/strict";
import { after, test } from "node:test";
import { startGateway } from "./gateway.ts";
import {
  bodyOf,
  bothHealthy,
  exchange,
  FILE,
  raw,
  type Seen,
  startTwoServices,
  statusOf,
} from "./testing.ts";

// Requests that few clients send, handled as Kong 3.9 handles them.

const { ports, gateway } = await startTwoServices();

test("a path is normalised as in Kong before it is routed and passed on", async () => {
  await bothHealthy(gateway);
  for (const [sent, received] of [
    ["//orders", "/orders"],
    ["/orders//1", "/orders/1"],
    ["/%6frders/%41%2f%c3%a9", "/orders/A%2F%C3%A9"],
    ["/x/../orders/./a", "/orders/a"],
    ["/orders?a=/../%41", "/orders?a=/../%41"],
    ["http://elsewhere.example/orders", "/orders"],
  ]) {
    const reply = await raw(gateway, `GET ${sent} HTTP/1.1`);
    assert.equal(statusOf(reply), 200, sent);
    assert.equal(bodyOf(reply).url, received, sent);
  }
  for (const [sent, status] of [
    ["/\\orders", 404],
    ["/orders%2f..%2f..", 200],
    ["/../orders", 400],
    ["/orders/%zz", 400],
    ["*", 400],
    ["/nothing", 404],
  ] as const)
    assert.equal(statusOf(await raw(gateway, `GET ${sent} HTTP/1.1`)), status, sent);
});

test("a request that nginx would refuse gets nginx's status, a correlation id and CORS headers", async () => {
  const long = "x".repeat(8_200);
  for (const [reply, status] of [
    [await raw(gateway, `GET /orders?q=${long} HTTP/1.1`), 414],
    [await raw(gateway, "GET /orders HTTP/1.1", `X-Long: ${long}`), 400],
    [
      await raw(
        gateway,
        "GET /orders HTTP/1.1",
        ...Array.from({ length: 9 }, () => `X: ${"x".repeat(8_000)}`),
      ),
      400,
    ],
    [await raw(gateway, "TRACE /orders HTTP/1.1"), 405],
    [await raw(gateway, "CONNECT example.com:443 HTTP/1.1"), 405],
    [await raw(gateway, "POST /orders HTTP/1.1", "Transfer-Encoding: gzip, chunked"), 501],
    [await raw(gateway, "POST /orders HTTP/1.1", "Transfer-Encoding: gzip"), 501],
    [await raw(gateway, "GET /nothing HTTP/1.1"), 404],
    [await raw(gateway, "GET  HTTP/9.9"), 400],
    [await exchange(gateway, "\x16\x03\x01 not HTTP\r\n\r\n"), 400],
  ] as const) {
    assert.equal(statusOf(reply), status, reply.slice(0, 300));
    assert.match(reply, /^access-control-allow-origin: \*/im, reply);
    assert.match(reply, /^x-correlation-id: [\w-]{36}/im, reply);
    assert.doesNotMatch(reply, /^ratelimit-/im, "no limit was counted");
  }
});

test("a correlation id that a service would replace is replaced before it reaches the service", async () => {
  await bothHealthy(gateway);
  for (const bad of ["bad id!", "x".repeat(65), "é", "a,b"]) {
    const reply = await raw(gateway, "GET /orders HTTP/1.1", `X-Correlation-Id: ${bad}`);
    const [, id] = /^x-correlation-id: ([\da-f-]{36})\r$/im.exec(reply) ?? [];
    assert.ok(id, reply);
    assert.equal(bodyOf(reply).headers["x-correlation-id"], id);
    const refused = await raw(gateway, "GET /nothing HTTP/1.1", `X-Correlation-Id: ${bad}`);
    assert.match(refused, /^x-correlation-id: [\da-f-]{36}\r$/im);
  }
  for (const good of ["x".repeat(64), "A-z_0.9:1"]) {
    const reply = await raw(gateway, "GET /orders HTTP/1.1", `X-Correlation-Id: ${good}`);
    assert.ok(reply.includes(`x-correlation-id: ${good}\r\n`), reply);
    assert.equal(bodyOf(reply).headers["x-correlation-id"], good);
  }
});

test("an empty correlation id is replaced, and of two the first counts", async () => {
  await bothHealthy(gateway);
  const empty = await raw(gateway, "GET /orders HTTP/1.1", "X-Correlation-Id:");
  assert.match(empty, /^x-correlation-id: [\w-]{36}/im);
  const two = await raw(
    gateway,
    "GET /orders HTTP/1.1",
    "X-Correlation-Id: a",
    "X-Correlation-Id: b",
  );
  assert.match(two, /^x-correlation-id: a\r$/im);
  assert.equal(bodyOf(two).headers["x-correlation-id"], "a");
});

test("a second line of X-Forwarded-For is dropped", async () => {
  await bothHealthy(gateway);
  const lines = ["X-Forwarded-For: 198.51.100.1", "X-Forwarded-For: 198.51.100.2"];
  const { headers } = bodyOf(await raw(gateway, "GET /orders HTTP/1.1", ...lines));
  assert.equal(headers["x-forwarded-for"], "198.51.100.1, 127.0.0.1");
});

test("Connection: close closes the connection after the response", async () => {
  await bothHealthy(gateway);
  const reply = await raw(gateway, "GET /orders HTTP/1.1");
  assert.match(reply, /^connection: close/im);
  assert.doesNotMatch(reply, /^connection: keep-alive/im);
});

test("X-Forwarded-For is trusted from a trusted proxy only", async () => {
  await bothHealthy(gateway);
  const behindProxy = await startGateway({
    ...{ file: FILE, port: 0, trustedProxies: ["127.0.0.0/8", "198.51.100.0/24"] },
    locate: () => `127.0.0.1:${ports.a}`,
  });
  after(() => behindProxy.close());
  const reply = await fetch(`http://127.0.0.1:${behindProxy.port}/orders`, {
    headers: {
      apikey: "brokerx-key-123",
      "x-forwarded-for": "192.0.2.1, 203.0.113.9, 198.51.100.7",
    },
  });
  const { headers } = (await reply.json()) as Seen;
  assert.equal(headers["x-real-ip"], "203.0.113.9", "the first address that no proxy has");
  const forwarded = "192.0.2.1, 203.0.113.9, 198.51.100.7, 127.0.0.1";
  assert.equal(headers["x-forwarded-for"], forwarded, "the peer comes last, as behind Kong");
  const lines = ["X-Forwarded-For: 6.6.6.6", "X-Forwarded-For: 203.0.113.9"];
  const twoLines = bodyOf(await raw(behindProxy, "GET /orders HTTP/1.1", ...lines));
  assert.equal(twoLines.headers["x-forwarded-for"], "6.6.6.6, 203.0.113.9, 127.0.0.1");
  const direct = bodyOf(await raw(gateway, "GET /orders HTTP/1.1", "X-Forwarded-For: 203.0.113.9"));
  assert.equal(direct.headers["x-real-ip"], "127.0.0.1");
});
