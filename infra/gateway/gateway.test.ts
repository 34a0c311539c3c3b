import assert from "node:assert/strict";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import { after, test } from "node:test";
import { freePort } from "../../layers/testing/free-port.ts";
import { until } from "../../layers/testing/until.ts";
import { startGateway } from "./gateway.ts";
import { parseKongFile } from "./kong-file.ts";

// What only an upstream can see. The upstreams here say what reached them, or misbehave on demand.

const FILE = parseKongFile(`
_format_version: "3.0"
services:
  - name: orders
    url: http://orders
    connect_timeout: 500
    read_timeout: 400
    retries: 3
    plugins:
      - name: key-auth
        config: { key_names: [apikey], key_in_header: true, key_in_query: false, key_in_body: false, hide_credentials: true }
    routes:
      - { name: orders, protocols: [http], paths: [/orders], strip_path: false }
  - name: cable
    url: http://cable:1
    connect_timeout: 500
    read_timeout: 300
    retries: 0
    routes:
      - { name: cable, protocols: [http], paths: [/cable], strip_path: false }
upstreams:
  - name: orders
    algorithm: round-robin
    healthchecks:
      active:
        type: http
        http_path: /health
        timeout: 1
        healthy: { interval: 0.1, successes: 2, http_statuses: [200] }
        unhealthy: { interval: 0.1, tcp_failures: 1, timeouts: 1, http_failures: 2, http_statuses: [503] }
      passive:
        type: http
        unhealthy: { tcp_failures: 1, timeouts: 3, http_failures: 0 }
    targets:
      - { target: "a:1", weight: 100 }
      - { target: "b:1", weight: 100 }
consumers:
  - { username: demo, keyauth_credentials: [{ key: brokerx-key-123 }] }
plugins:
  - { name: prometheus, config: { per_consumer: false, status_code_metrics: true, latency_metrics: true, bandwidth_metrics: true, upstream_health_metrics: true } }
`);

type Behaviour = (request: IncomingMessage, response: ServerResponse) => void;

const saying =
  (name: string): Behaviour =>
  (incoming, response) => {
    const { method, url, headers } = incoming;
    let body = "";
    incoming.on("data", (chunk) => {
      body += chunk;
    });
    incoming.on("end", () => response.end(JSON.stringify({ name, method, url, headers, body })));
  };

/** An upstream that can be told to behave otherwise, to die and to come back on the same port. */
const startUpstream = async (name: string, port: number) => {
  const state = { behave: saying(name), healthy: true, asked: 0, sockets: new Set<Socket>() };
  const server = createServer((incoming, response) => {
    if (incoming.url === "/health") {
      response.writeHead(state.healthy ? 200 : 503).end();
      return;
    }
    state.asked += 1;
    state.behave(incoming, response);
  });
  server.on("upgrade", (incoming, socket) => {
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Key: ${incoming.headers["x-forwarded-for"]}\r\n\r\n`,
    );
    socket.pipe(socket);
    socket.on("error", () => {});
  });
  server.on("connection", (socket: Socket) => {
    state.sockets.add(socket);
    socket.once("close", () => state.sockets.delete(socket));
  });
  const listen = () => new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const die = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of state.sockets) socket.resetAndDestroy();
    await closed;
  };
  await listen();
  return { state, die, revive: listen };
};

const ports = { a: await freePort(), b: await freePort() };
const upstreams = {
  a: await startUpstream("a", ports.a),
  b: await startUpstream("b", ports.b),
};
const gateway = await startGateway({
  file: FILE,
  port: 0,
  locate: (host) => `127.0.0.1:${host.startsWith("b") ? ports.b : ports.a}`,
});
after(async () => {
  await gateway.close();
  for (const { die } of Object.values(upstreams)) await die().catch(() => {});
});

type Seen = {
  readonly name: string;
  readonly url: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
};

const call = (
  path: string,
  options: { readonly method?: string; readonly body?: string; readonly headers?: object } = {},
): Promise<{ status: number; headers: IncomingMessage["headers"]; text: string; seen: Seen }> =>
  new Promise((resolve, reject) => {
    const { method = "GET", body, headers } = options;
    const outgoing = request(
      {
        ...{ host: "127.0.0.1", port: gateway.port, path, method, agent: false },
        headers: { apikey: "brokerx-key-123", ...headers },
      },
      (answer) => {
        let text = "";
        answer.on("data", (chunk) => {
          text += chunk;
        });
        answer.on("error", reject);
        answer.on("end", () => {
          const seen = (): Seen => JSON.parse(text);
          resolve({
            ...{ status: answer.statusCode ?? 0, headers: answer.headers, text },
            get seen() {
              return seen();
            },
          });
        });
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });

const bothHealthy = (): Promise<void> =>
  until(async () => {
    const text = await gateway.registry.metrics();
    return (text.match(/state="healthy".* 1$/gm) ?? []).length === 2;
  }, "both targets are in service");

test("a service learns who asks from the gateway alone", async () => {
  const { seen } = await call("/orders", {
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
      connection: "close, x-secret-hop",
      "x-secret-hop": "1",
      te: "trailers",
    },
  });
  const { headers } = seen;
  assert.equal(headers["apikey"], undefined, "the key stays at the gateway");
  assert.equal(headers["x-consumer-username"], "demo");
  for (const name of ["x-consumer-id", "x-consumer-custom-id", "x-anonymous-consumer"])
    assert.equal(headers[name], undefined, name);
  assert.equal(headers["x-credential-identifier"], "demo-0");
  assert.equal(headers["x-forwarded-for"], "198.51.100.7, 127.0.0.1", "the peer comes last");
  assert.equal(headers["x-real-ip"], "127.0.0.1");
  assert.equal(headers["x-forwarded-proto"], "http");
  assert.equal(headers["x-forwarded-host"], "127.0.0.1");
  assert.equal(headers["x-forwarded-prefix"], undefined);
  assert.equal(headers["x-secret-hop"], undefined, "a header of one hop goes no further");
  assert.equal(headers["te"], undefined);
});

test("path, query and body arrive as they were sent, in whatever pieces they came", async () => {
  const { seen } = await call("//orders/%C3%A9/../x?q=%2F&q=2", {
    method: "POST",
    body: '{"a":1}',
    headers: { "transfer-encoding": "chunked" },
  });
  assert.equal(seen.url, "/orders/x?q=%2F&q=2");
  assert.equal(seen.body, '{"a":1}');
  assert.equal(seen.headers["content-length"], "7");
  assert.equal(seen.headers["transfer-encoding"], undefined);
  const get = await call("/orders");
  assert.equal(get.seen.headers["content-length"], undefined);
});

test("a request whose connection breaks goes to the other target, a POST with its body too", async () => {
  await bothHealthy();
  upstreams.a.state.behave = (incoming) => {
    incoming.on("end", () => incoming.socket.resetAndDestroy()).resume();
  };
  const before = upstreams.a.state.asked;
  for (let number = 0; number < 4; number += 1) {
    const { seen } = await call("/orders", { method: "POST", body: `{"n":${number}}` });
    assert.equal(seen.name, "b");
    assert.equal(seen.body, `{"n":${number}}`);
  }
  assert.ok(upstreams.a.state.asked > before, "a was never asked, so nothing was tried again");
  upstreams.a.state.behave = saying("a");
  await bothHealthy();
});

test("a request that times out is not sent again: the first one may still take effect", async () => {
  await bothHealthy();
  const before = upstreams.a.state.asked + upstreams.b.state.asked;
  for (const { state } of Object.values(upstreams)) state.behave = () => {};
  const { status } = await call("/orders", { method: "POST", body: "{}" });
  assert.equal(status, 504);
  assert.equal(upstreams.a.state.asked + upstreams.b.state.asked, before + 1);
  upstreams.a.state.behave = saying("a");
  upstreams.b.state.behave = saying("b");
});

test("an answer that breaks off half way is not passed on as a whole one", async () => {
  await bothHealthy();
  for (const { state } of Object.values(upstreams))
    state.behave = (incoming, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("half", () => incoming.socket.resetAndDestroy());
    };
  await assert.rejects(call("/orders"), /aborted|reset|hang up/i);
  upstreams.a.state.behave = saying("a");
  upstreams.b.state.behave = saying("b");
});

test("a 5xx of a service is its answer: it is passed on and nobody is taken out of service", async () => {
  await bothHealthy();
  for (const { state } of Object.values(upstreams))
    state.behave = (_incoming, response) => response.writeHead(503, { "retry-after": "1" }).end();
  for (let number = 0; number < 6; number += 1) {
    const { status, headers } = await call("/orders");
    assert.equal(status, 503);
    assert.equal(headers["retry-after"], "1");
  }
  upstreams.a.state.behave = saying("a");
  upstreams.b.state.behave = saying("b");
  await bothHealthy();
});

test("the active check takes a sick target out and lets it back after enough good answers", async () => {
  await bothHealthy();
  upstreams.b.state.healthy = false;
  const healthy = async (): Promise<number> =>
    ((await gateway.registry.metrics()).match(/state="healthy".* 1$/gm) ?? []).length;
  await until(async () => (await healthy()) === 1, "b is out");
  for (let number = 0; number < 4; number += 1)
    assert.equal((await call("/orders")).seen.name, "a");
  upstreams.b.state.healthy = true;
  await bothHealthy();
});

test("a gateway that starts before its targets can serve when all of them have answered once", async () => {
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

test("with every target gone the gateway says so, and recovers by itself", async () => {
  await bothHealthy();
  await upstreams.a.die();
  await upstreams.b.die();
  const first = await call("/orders");
  assert.equal(first.status, 503);
  assert.match(first.text, /failure to get a peer/);
  await upstreams.a.revive();
  await upstreams.b.revive();
  await bothHealthy();
  assert.equal((await call("/orders")).status, 200);
  const text = await gateway.registry.metrics();
  assert.match(text, /kong_http_requests_total\{[^}]*code="503",source="error"/);
});

test("a WebSocket is told the caller's address, carries bytes, and ends when it is idle", async () => {
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

test("a request for any other protocol is a request like any other", async () => {
  const { seen } = await call("/orders", {
    headers: { connection: "Upgrade, HTTP2-Settings", upgrade: "h2c", "http2-settings": "AA" },
  });
  assert.equal(seen.headers["upgrade"], undefined);
  assert.equal(seen.headers["http2-settings"], undefined);
});
