import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import { after } from "node:test";
import { freePort } from "../../layers/testing/free-port.ts";
import { until } from "../../layers/testing/until.ts";
import { type Gateway, startGateway } from "./gateway.ts";
import { DROP_INVALID_CORRELATION_ID, parseKongFile } from "./kong-file.ts";

// Services for the gateway's tests: they respond with the request they received, or misbehave on
// demand.

export const FILE = parseKongFile(`
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
  - { name: pre-function, config: { rewrite: [${JSON.stringify(DROP_INVALID_CORRELATION_ID)}] } }
  - { name: correlation-id, config: { header_name: X-Correlation-Id, generator: uuid, echo_downstream: true } }
  - { name: cors, config: { origins: ["*"], methods: [GET], headers: [apikey], exposed_headers: [X-Instance], credentials: false, max_age: 600 } }
  - { name: prometheus, config: { per_consumer: false, status_code_metrics: true, latency_metrics: true, bandwidth_metrics: true, upstream_health_metrics: true } }
`);

export type Behaviour = (request: IncomingMessage, response: ServerResponse) => void;

export const saying =
  (name: string): Behaviour =>
  (incoming, response) => {
    const { method, url, headers } = incoming;
    let body = "";
    incoming.on("data", (chunk) => {
      body += chunk;
    });
    incoming.on("end", () => response.end(JSON.stringify({ name, method, url, headers, body })));
  };

/** An upstream whose behaviour a test can change, stop, and start again on the same port. */
export const startUpstream = async (name: string, port: number) => {
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

/** What a service reports about a request that reached it. */
export type Seen = {
  readonly name: string;
  readonly url: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
};

/** Sends one request to the gateway, by default with the key. */
export const call = (
  { port }: Gateway,
  path: string,
  options: { readonly method?: string; readonly body?: string; readonly headers?: object } = {},
): Promise<{ status: number; headers: IncomingMessage["headers"]; text: string; seen: Seen }> =>
  new Promise((resolve, reject) => {
    const { method = "GET", body, headers } = options;
    const outgoing = request(
      {
        ...{ host: "127.0.0.1", port, path, method, agent: false },
        headers: { apikey: "brokerx-key-123", ...headers },
      },
      (reply) => {
        let text = "";
        reply.on("data", (chunk) => {
          text += chunk;
        });
        reply.on("error", reject);
        reply.on("end", () => {
          const seen = (): Seen => JSON.parse(text);
          resolve({
            ...{ status: reply.statusCode ?? 0, headers: reply.headers, text },
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

/** Two services behind a gateway, until the tests of the file end. */
export const startTwoServices = async () => {
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
  return { ports, upstreams, gateway };
};

/** Waits until both targets are in service. */
export const bothHealthy = ({ registry }: Gateway): Promise<void> =>
  until(async () => {
    const text = await registry.metrics();
    return (text.match(/state="healthy".* 1$/gm) ?? []).length === 2;
  }, "both targets are in service");

/** Sends bytes and returns everything received until the gateway closes the connection. */
export const exchange = ({ port }: Gateway, bytes: string): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
    let heard = "";
    socket.setTimeout(10_000, () => socket.destroy());
    socket.on("data", (chunk) => {
      heard += chunk;
    });
    socket.on("error", () => {});
    socket.once("close", () => resolve(heard));
  });

/** Sends a request with these lines, and the key. */
export const raw = (
  gateway: Gateway,
  line: string,
  ...headers: readonly string[]
): Promise<string> =>
  exchange(
    gateway,
    [line, "Host: x", "apikey: brokerx-key-123", ...headers, "Connection: close", "", ""].join(
      "\r\n",
    ),
  );

export const statusOf = (reply: string): number => Number(reply.split(" ")[1]);
export const bodyOf = (reply: string): Seen => JSON.parse(reply.split("\r\n\r\n")[1] ?? "");
