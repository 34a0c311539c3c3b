import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { after, test } from "node:test";
import { headerOf } from "./generate.ts";
import { BrokerXError, createBrokerX, type Order } from "./index.ts";

type Seen = {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body: string;
};
type Reply = { readonly status: number; readonly body?: unknown; readonly retryAfter?: string };

const servers: { close: () => void }[] = [];
after(() => {
  for (const server of servers) server.close();
});

/** Starts a server that sends these replies one after the other, and records the requests. */
const serve = async (...replies: readonly Reply[]) => {
  const seen: Seen[] = [];
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const reply = replies[seen.length] ?? { status: 500 };
    const headers = new Headers(request.headers as Record<string, string>);
    const { method = "", url: path = "" } = request;
    seen.push({ method, path, headers, body: Buffer.concat(chunks).toString() });
    response.statusCode = reply.status;
    if (reply.retryAfter !== undefined) response.setHeader("retry-after", reply.retryAfter);
    response.setHeader("content-type", "application/json");
    response.end(reply.body === undefined ? "" : JSON.stringify(reply.body));
  };
  const server = createServer((request, response) => void serve(request, response));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const waits: number[] = [];
  const wait = async (seconds: number): Promise<void> => void waits.push(seconds);
  return { seen, waits, baseUrl: `http://127.0.0.1:${port}`, retry: { wait } };
};

const problem = (status: number, code: string, more: object = {}) => ({
  ...{ type: "about:blank", title: code, status, detail: `It is ${code}.`, code },
  ...{ correlation_id: "1", success: false, ...more },
});

const ORDER = {
  ...{ order_id: "01890a5d-ac96-774b-bcce-b302099a8057", lock_version: 1, quantity: 5 },
} as Order;

test("the generated types are those of docs/openapi.json", async () => {
  const document = await readFile(new URL("../docs/openapi.json", import.meta.url));
  const types = await readFile(new URL("schema.d.ts", import.meta.url), "utf8");
  assert.equal(types.split("\n")[0], headerOf(document), "run npm run sdk:types");
});

test("a request carries the API key and the token, and a refusal is an error with its code", async () => {
  const { seen, baseUrl } = await serve({ status: 422, body: problem(422, "insufficient_funds") });
  const brokerx = createBrokerX({ baseUrl, apiKey: "key", token: () => "jwt" });
  const placing = brokerx.orders.place({
    ...{ symbol: "AAPL", direction: "buy", order_type: "limit", quantity: 1, price: "101.00" },
  });
  await assert.rejects(placing, (error) => {
    assert.ok(error instanceof BrokerXError);
    assert.deepEqual([error.status, error.code], [422, "insufficient_funds"]);
    return true;
  });
  assert.equal(seen[0]?.headers.get("apikey"), "key");
  assert.equal(seen[0]?.headers.get("authorization"), "Bearer jwt");
  assert.match(JSON.parse(seen[0]?.body ?? "").order.client_order_id, /^[0-9a-f-]{36}$/);
});

test("429 and 503 are repeated after Retry-After, with the same body and idempotency key", async () => {
  const { seen, waits, baseUrl, retry } = await serve(
    { status: 429, retryAfter: "2", body: {} },
    { status: 503, retryAfter: "1", body: {} },
    { status: 201, body: { deposit_id: "1" } },
  );
  await createBrokerX({ baseUrl, retry }).deposit({ amount: "10.00" });
  assert.deepEqual(waits, [2, 1]);
  assert.equal(new Set(seen.map(({ body }) => body)).size, 1);
  assert.equal(new Set(seen.map(({ headers }) => headers.get("idempotency-key"))).size, 1);
});

test("a POST without an idempotency key is not repeated after 503, nor anything without Retry-After", async () => {
  const first = await serve({ status: 503, retryAfter: "1", body: {} });
  await assert.rejects(createBrokerX(first).feedTicket());
  const second = await serve({ status: 429, body: {} });
  await assert.rejects(createBrokerX(second).orders.get("1"));
  assert.deepEqual([first.seen.length, second.seen.length], [1, 1]);
});

test("after a 401 the token is renewed and the request sent once more", async () => {
  const { seen, baseUrl } = await serve({ status: 401, body: {} }, { status: 200, body: ORDER });
  let token = "old";
  const renew = async () => {
    token = "new";
    return true;
  };
  await createBrokerX({ baseUrl, token: () => token, renew }).orders.get("1");
  assert.deepEqual(
    seen.map(({ headers }) => headers.get("authorization")),
    ["Bearer old", "Bearer new"],
  );
});

test("a replace whose version has grown is decided again with the order as it is now", async () => {
  const { seen, baseUrl } = await serve(
    { status: 409, body: problem(409, "version_conflict") },
    { status: 200, body: { ...ORDER, lock_version: 4, quantity: 9 } },
    { status: 200, body: { ...ORDER, lock_version: 5, quantity: 10 } },
  );
  const orders = createBrokerX({ baseUrl }).orders;
  const replaced = await orders.replace(ORDER, (current) => ({ quantity: current.quantity + 1 }));
  assert.equal(replaced.lock_version, 5);
  assert.deepEqual(
    seen.filter(({ method }) => method === "POST").map(({ body }) => JSON.parse(body).order),
    [
      { quantity: 6, client_version: 1 },
      { quantity: 10, client_version: 4 },
    ],
  );
});
