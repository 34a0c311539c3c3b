import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, test } from "node:test";
import { freePort } from "../../layers/testing/free-port.ts";
import { until } from "../../layers/testing/until.ts";
import { startGateway } from "./gateway.ts";
import { bothHealthy, call, FILE, saying, startTwoServices, startUpstream } from "./testing.ts";

// Behaviour that only a service can see, and behaviour with misbehaving services.

const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/;

const { upstreams, gateway } = await startTwoServices();

test("a service learns the caller's address and consumer from the gateway only", async () => {
  const { seen } = await call(gateway, "/orders", {
    headers: {
      "x-consumer-username": "root",
      "x-consumer-id": "0",
      "x-consumer-custom-id": "0",
      "x-anonymous-consumer": "true",
      "x-credential-identifier": "stolen",
      "x-forwarded-for": "198.51.100.7",
      "x-forwarded-proto": "https",
      "x-forwarded-host": "evil.example",
      "x-forwarded-prefix": "/admin",
      "x-real-ip": "198.51.100.7",
      connection: "close, x-secret-hop, authorization",
      authorization: "Bearer x",
      via: "1.1 edge",
      "x-secret-hop": "1",
      te: "trailers",
    },
  });
  const { headers } = seen;
  assert.equal(headers["apikey"], undefined, "the key stays at the gateway");
  assert.equal(headers["x-consumer-username"], "demo");
  for (const name of ["x-consumer-custom-id", "x-anonymous-consumer"])
    assert.equal(headers[name], undefined, name);
  assert.match(headers["x-consumer-id"] ?? "", UUID);
  assert.match(headers["x-credential-identifier"] ?? "", UUID);
  assert.equal(headers["x-forwarded-for"], "198.51.100.7, 127.0.0.1", "the peer comes last");
  assert.equal(headers["x-real-ip"], "127.0.0.1");
  assert.equal(headers["x-forwarded-proto"], "http");
  assert.equal(headers["x-forwarded-host"], "127.0.0.1");
  assert.equal(headers["x-forwarded-prefix"], undefined);
  assert.equal(headers["x-secret-hop"], undefined, "a header of one hop goes no further");
  assert.equal(headers["authorization"], "Bearer x", "a caller cannot remove it");
  assert.equal(headers["via"], "1.1 edge, 1.1 brokerx-gateway");
  assert.equal(headers["te"], undefined);
});

test("path, query and body arrive as they were sent, in whatever chunks the body comes", async () => {
  const { seen } = await call(gateway, "//orders/%C3%A9/../x?q=%2F&q=2", {
    method: "POST",
    body: '{"a":1}',
    headers: { "transfer-encoding": "chunked" },
  });
  assert.equal(seen.url, "/orders/x?q=%2F&q=2");
  assert.equal(seen.body, '{"a":1}');
  assert.equal(seen.headers["content-length"], "7");
  assert.equal(seen.headers["transfer-encoding"], undefined);
  const get = await call(gateway, "/orders");
  assert.equal(get.seen.headers["content-length"], undefined);
});

test("a request whose connection breaks goes to the other target, a POST with its body too", async () => {
  await bothHealthy(gateway);
  upstreams.a.state.behave = (incoming) => {
    incoming.on("end", () => incoming.socket.resetAndDestroy()).resume();
  };
  const before = upstreams.a.state.asked;
  for (let number = 0; number < 4; number += 1) {
    const { seen } = await call(gateway, "/orders", { method: "POST", body: `{"n":${number}}` });
    assert.equal(seen.name, "b");
    assert.equal(seen.body, `{"n":${number}}`);
  }
  assert.ok(upstreams.a.state.asked > before, "a was never asked, so nothing was tried again");
  upstreams.a.state.behave = saying("a");
  await bothHealthy(gateway);
});

test("a request that times out is not sent again, because it may still take effect", async () => {
  await bothHealthy(gateway);
  const before = upstreams.a.state.asked + upstreams.b.state.asked;
  for (const { state } of Object.values(upstreams)) state.behave = () => {};
  const { status } = await call(gateway, "/orders", { method: "POST", body: "{}" });
  assert.equal(status, 504);
  assert.equal(upstreams.a.state.asked + upstreams.b.state.asked, before + 1);
  upstreams.a.state.behave = saying("a");
  upstreams.b.state.behave = saying("b");
});

test("a response that breaks off is not passed on as a complete response", async () => {
  await bothHealthy(gateway);
  for (const { state } of Object.values(upstreams))
    state.behave = (incoming, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("half", () => incoming.socket.resetAndDestroy());
    };
  await assert.rejects(call(gateway, "/orders"), /aborted|reset|hang up/i);
  upstreams.a.state.behave = saying("a");
  upstreams.b.state.behave = saying("b");
});

test("a 5xx of a service is passed on and takes no target out of service", async () => {
  await bothHealthy(gateway);
  for (const { state } of Object.values(upstreams))
    state.behave = (_incoming, response) => response.writeHead(503, { "retry-after": "1" }).end();
  for (let number = 0; number < 6; number += 1) {
    const { status, headers } = await call(gateway, "/orders");
    assert.equal(status, 503);
    assert.equal(headers["retry-after"], "1");
  }
  upstreams.a.state.behave = saying("a");
  upstreams.b.state.behave = saying("b");
  await bothHealthy(gateway);
});

test("the active check takes an unhealthy target out of service, and back after enough good responses", async () => {
  await bothHealthy(gateway);
  upstreams.b.state.healthy = false;
  const healthy = async (): Promise<number> =>
    ((await gateway.registry.metrics()).match(/state="healthy".* 1$/gm) ?? []).length;
  await until(async () => (await healthy()) === 1, "b is out");
  for (let number = 0; number < 4; number += 1)
    assert.equal((await call(gateway, "/orders")).seen.name, "a");
  upstreams.b.state.healthy = true;
  await bothHealthy(gateway);
});

test("a gateway that starts before its targets is ready once each of them was healthy", async () => {
  const late = { a: await freePort(), b: await freePort() };
  const early = await startGateway({
    file: FILE,
    port: 0,
    locate: (host) => `127.0.0.1:${host.startsWith("b") ? late.b : late.a}`,
  });
  after(() => early.close());
  const stateOf = () => Object.values(early.upstreams()).join();
  const a = await startUpstream("a", late.a);
  after(a.die);
  await until(async () => {
    const text = await early.registry.metrics();
    return (text.match(/state="healthy".* 1$/gm) ?? []).length === 1;
  }, "one of two targets answers");
  assert.equal(stateOf(), "failing");
  const b = await startUpstream("b", late.b);
  after(b.die);
  await until(() => stateOf() === "ok", "both have answered");
});

test("while no target answers the gateway responds 503, and it recovers by itself", async () => {
  await bothHealthy(gateway);
  await upstreams.a.die();
  await upstreams.b.die();
  const first = await call(gateway, "/orders");
  assert.equal(first.status, 503);
  assert.equal(first.headers["access-control-allow-origin"], "*", "a page can read it");
  assert.match(first.text, /failure to get a peer/);
  await upstreams.a.revive();
  await upstreams.b.revive();
  await bothHealthy(gateway);
  assert.equal((await call(gateway, "/orders")).status, 200);
  const text = await gateway.registry.metrics();
  assert.match(text, /kong_http_requests_total\{[^}]*code="503",source="kong"/);
});

test("a WebSocket's service learns the caller's address; bytes pass; an idle socket is closed", async () => {
  const socket = connect(gateway.port, "127.0.0.1");
  let said = "";
  socket.on("data", (chunk) => {
    said += chunk;
  });
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.write(
    "GET /cable HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: a\r\n\r\n",
  );
  await until(() => said.includes("101 Switching"), "the upgrade");
  assert.match(said, /x-key: 127\.0\.0\.1/i);
  socket.write("echo me");
  await until(() => said.includes("echo me"), "the echo");
  await closed;
});

test("a request to switch to another protocol is served as a plain request", async () => {
  const { seen } = await call(gateway, "/orders", {
    headers: { connection: "Upgrade, HTTP2-Settings", upgrade: "h2c", "http2-settings": "AA" },
  });
  assert.equal(seen.headers["upgrade"], undefined);
  assert.equal(seen.headers["http2-settings"], undefined);
});
