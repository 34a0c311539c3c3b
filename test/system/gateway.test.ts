import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { WebSocket } from "ws";
import { until } from "../../layers/testing/until.ts";
import {
  ask,
  CLIENT,
  gateway,
  healthyTargets,
  KEY,
  post,
  postPatiently,
  rawStatus,
  seriesOf,
} from "./gateway/client.ts";
import { failover } from "./gateway/failover.ts";

// One suite for every gateway that runs kong/kong.yml: the development gateway by default, or the
// Kong that GATEWAY_URL names (docs/gateway.md). It can run repeatedly on a system that is in use.

test("a request without a key is refused with the reason", async () => {
  for (const path of ["/api/v1/portfolio", "/api/v1/orders", "/api/v1/reports/trades"]) {
    const reply = await ask(path, { headers: { authorization: CLIENT.authorization } });
    assert.equal(reply.status, 401, path);
    assert.match(reply.headers.get("www-authenticate") ?? "", /^Key/);
    assert.equal(reply.headers.get("x-instance"), null, "no service was asked");
    assert.match(await reply.text(), /No API key found in request/);
  }
});

test("sign-up and login need the key too", async () => {
  for (const path of ["/api/v1/clients/register", "/api/v1/auth/login"])
    assert.equal((await post(path, "{}", {})).status, 401, path);
  assert.equal((await postPatiently("/api/v1/auth/login", "{}", KEY)).status, 422);
});

test("a wrong key is refused", async () => {
  const reply = await ask("/api/v1/portfolio", {
    headers: { ...CLIENT, apikey: "brokerx-key-124" },
  });
  assert.equal(reply.status, 401);
  assert.equal(reply.headers.get("x-instance"), null);
});

test("a key in the query or in the body does not count", async () => {
  const authorization = { authorization: CLIENT.authorization };
  const asQuery = await ask(`/api/v1/portfolio?apikey=${gateway.apikey}`, {
    headers: authorization,
  });
  assert.equal(asQuery.status, 401);
  const asBody = await post("/api/v1/orders", JSON.stringify({ apikey: gateway.apikey }), {
    ...authorization,
  });
  assert.equal(asBody.status, 401);
});

test("with the key a client reaches every service, which still asks for the token", async () => {
  for (const [path, instance] of [
    ["/api/v1/portfolio", /^portfolios$/],
    ["/api/v1/deposits", /^portfolios$/],
    ["/api/v1/orders", /^orders-[ab]$/],
  ] as const) {
    const reply = await ask(path);
    assert.equal(reply.status, 200, path);
    assert.match(reply.headers.get("x-instance") ?? "", instance);
    assert.match(reply.headers.get("via") ?? "", /^1\.1 /);
    assert.ok(reply.headers.get("x-kong-upstream-latency"));
    assert.equal((await ask(path, { headers: KEY })).status, 401, "the key alone is no client");
  }
});

test("both instances of orders answer alternately", async () => {
  const seen = new Map<string, number>();
  for (let number = 0; number < 20; number += 1) {
    const instance = (await ask("/api/v1/orders?limit=1")).headers.get("x-instance") ?? "";
    seen.set(instance, (seen.get(instance) ?? 0) + 1);
  }
  assert.deepEqual([...seen.keys()].sort(), ["orders-a", "orders-b"]);
  assert.ok(Math.min(...seen.values()) >= 5, JSON.stringify([...seen]));
});

test("an unknown route answers 404, which a page of any origin can read", async () => {
  for (const path of ["/api/v1/nothing", "/api/v2/orders", "/health", "/metrics"]) {
    const reply = await ask(path, { headers: { ...CLIENT, origin: "https://trader.example" } });
    assert.equal(reply.status, 404, path);
    assert.equal(reply.headers.get("x-instance"), null, path);
    assert.equal(reply.headers.get("access-control-allow-origin"), "*", path);
    assert.match(reply.headers.get("x-correlation-id") ?? "", /^[0-9a-f-]{36}$/);
  }
});

test("the web page's paths need no key and have a strict content security policy", async () => {
  for (const path of ["/", "/orders", "/assets/gone.js"]) {
    const reply = await ask(path, { headers: {} });
    assert.ok([200, 404].includes(reply.status), `${path}: ${reply.status}`);
    assert.match(reply.headers.get("content-security-policy") ?? "", /default-src 'self'/);
  }
});

test("paths are normalised before they are routed", async () => {
  for (const path of ["//api//v1/portfolio", "/api/v1/%70ortfolio", "/x/../api/v1/portfolio"])
    assert.equal((await rawStatus(path)).status, 200, path);
});

test("a path with dots needs the key of the route that it resolves to", async () => {
  const reply = await ask("/cable/../api/v1/portfolio", { headers: {} });
  assert.equal(reply.status, 401, "the route of the resolved path wants its key");
});

test("the correlation id of the caller is returned, and one is created when there is none", async () => {
  const named = await ask("/api/v1/portfolio", {
    headers: { ...CLIENT, "x-correlation-id": "a-trader-s-own-id" },
  });
  assert.equal(named.headers.get("x-correlation-id"), "a-trader-s-own-id");
  const made = await ask("/api/v1/portfolio");
  assert.match(made.headers.get("x-correlation-id") ?? "", /^[0-9a-f-]{36}$/);
});

test("an error has the correlation id of its header, also when the caller's id is not valid", async () => {
  for (const sent of ["a-trader-s-own-id", "bad id!", "x".repeat(65)]) {
    const headers = { ...KEY, "x-correlation-id": sent };
    for (const path of ["/api/v1/orders", "/api/v1/portfolio", "/api/v1/nothing"]) {
      const refused = await ask(path, { headers });
      const { correlation_id: id } = (await refused.json()) as { readonly correlation_id: string };
      assert.equal(refused.headers.get("x-correlation-id"), id, path);
      assert.match(id, sent === "a-trader-s-own-id" ? /^a-trader-s-own-id$/ : /^[0-9a-f-]{36}$/);
    }
  }
});

test("a page of any origin may send requests: a preflight needs no key, on any path", async () => {
  for (const path of ["/api/v1/orders", "/api/v1/nothing"]) {
    const preflight = await ask(path, {
      method: "OPTIONS",
      headers: {
        origin: "https://trader.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": "apikey,authorization,content-type",
      },
    });
    assert.equal(preflight.status, 200);
    assert.equal(preflight.headers.get("access-control-allow-origin"), "*");
    assert.match(preflight.headers.get("access-control-allow-methods") ?? "", /POST/);
    assert.match(preflight.headers.get("access-control-allow-headers") ?? "", /apikey/i);
    assert.equal(preflight.headers.get("access-control-max-age"), "600");
    assert.equal(preflight.headers.get("access-control-allow-credentials"), null);
  }
  const asked = await ask("/api/v1/portfolio", {
    headers: { ...CLIENT, origin: "https://x.test" },
  });
  assert.equal(asked.headers.get("access-control-allow-origin"), "*");
  const exposed = (asked.headers.get("access-control-expose-headers") ?? "")
    .toLowerCase()
    .split(/, ?/);
  for (const header of ["x-instance", "repr-digest", "content-disposition", "idempotent-replayed"])
    assert.ok(exposed.includes(header), `${header} is not exposed`);
});

test("a body over 64 KiB is refused before any service sees it", async () => {
  const pad = (bytes: number): string => `{"pad":"${"x".repeat(bytes - 10)}"}`;
  const refused = await post("/api/v1/orders", pad(64 * 1024 + 1));
  assert.equal(refused.status, 413);
  assert.equal(refused.headers.get("x-instance"), null);
  const allowed = await post("/api/v1/orders", pad(64 * 1024));
  assert.notEqual(allowed.status, 413);
  assert.match(allowed.headers.get("x-instance") ?? "", /^orders-/);
  const unannounced = await ask("/api/v1/orders", {
    method: "POST",
    body: new Blob([pad(65 * 1024)]).stream(),
    duplex: "half",
    headers: { ...CLIENT, "content-type": "application/json" },
  } as RequestInit);
  assert.equal(unannounced.status, 413, "without a Content-Length the bytes are counted");
});

test("the answer to a counted request says what is left of the limit", async () => {
  const reply = await ask("/api/v1/portfolio");
  assert.equal(reply.headers.get("ratelimit-limit"), "2000");
  assert.ok(Number(reply.headers.get("ratelimit-remaining")) < 2_000);
  assert.ok(Number(reply.headers.get("ratelimit-reset")) >= 1);
  assert.equal(reply.headers.get("x-ratelimit-limit-second"), "2000");
});

test("a refusal before the count has no RateLimit headers, and a page can read it", async () => {
  const origin = "https://trader.example";
  const pad = "x".repeat(65 * 1024);
  for (const [answer, status] of [
    [await ask("/api/v1/portfolio", { headers: { origin } }), 401],
    [await post("/api/v1/orders", pad, { ...CLIENT, origin }), 413],
  ] as const) {
    assert.equal(answer.status, status);
    assert.equal(answer.headers.get("ratelimit-limit"), null);
    assert.equal(answer.headers.get("access-control-allow-origin"), "*");
    assert.match(answer.headers.get("x-correlation-id") ?? "", /./);
  }
});

test("a caller cannot claim to be another consumer or another address", async () => {
  const said = (number: number): Record<string, string> => ({
    ...KEY,
    "content-type": "application/json",
    "x-consumer-username": `somebody-${number}`,
    "x-consumer-id": randomUUID(),
    "x-forwarded-for": `198.51.100.${number}`,
    "x-real-ip": `198.51.100.${number}`,
  });
  const first = await postPatiently("/api/v1/clients/verify", "{}", said(1));
  const second = await postPatiently("/api/v1/clients/verify", "{}", said(2));
  const left = (reply: Response) => Number(reply.headers.get("x-ratelimit-remaining-minute"));
  assert.ok(left(second) < left(first) || left(second) === 119, "both counted against one caller");
  assert.equal((await ask("/api/v1/portfolio", { headers: said(3) })).status, 401);
});

test("a WebSocket passes with the feed's messages; without a token it is refused", async () => {
  const cable = `${gateway.url.replace("http", "ws")}/cable`;
  const socket = new WebSocket(`${cable}?token=${gateway.token}`, "actioncable-v1-json");
  const welcome = await new Promise((resolve, reject) => {
    socket.once("message", (data) => resolve(String(data)));
    socket.once("error", reject);
  });
  assert.equal(welcome, '{"type":"welcome"}');
  assert.equal(socket.protocol, "actioncable-v1-json");
  const identifier = JSON.stringify({ channel: "MarketChannel", symbols: ["AAPL"] });
  socket.send(JSON.stringify({ command: "subscribe", identifier }));
  const types: string[] = [];
  socket.on("message", (data) => {
    const { type, message } = JSON.parse(String(data));
    types.push(type ?? message.type);
  });
  await until(() => types.includes("orderbook"), `the book arrives: ${types}`);
  assert.ok(types.includes("confirm_subscription"));
  socket.terminate();

  const status = await new Promise((resolve) => {
    const refused = new WebSocket(`${cable}?token=bad`, "actioncable-v1-json");
    refused.once("unexpected-response", (request, reply) => {
      resolve(reply.statusCode);
      request.destroy();
    });
    refused.once("error", () => {});
  });
  assert.equal(status, 401);
});

test("the metrics are Kong's, by service and route, and the targets are healthy", async () => {
  const ok =
    /^kong_http_requests_total\{(?=.*service="portfolios")(?=.*route="portfolio")(?=.*code="200")/;
  const before = await seriesOf(ok);
  await ask("/api/v1/portfolio");
  // Kong counts in a shared dictionary, to which each worker writes about once a second.
  await until(async () => (await seriesOf(ok)) > before, "the request is counted");
  assert.ok((await seriesOf(/^kong_http_requests_total\{(?=.*code="401")(?=.*source="kong")/)) > 0);
  for (const name of [
    "kong_request_latency_ms",
    "kong_upstream_latency_ms",
    "kong_kong_latency_ms",
  ])
    assert.ok((await seriesOf(new RegExp(`^${name}_count\\{`))) > 0, name);
  assert.ok((await seriesOf(/^kong_bandwidth_bytes\{(?=.*direction="egress")/)) > 0);
  assert.ok((await seriesOf(/^kong_nginx_connections_total\{(?=.*state="accepted")/)) > 0);
  assert.equal(await healthyTargets(), 2);
});

test("the status port has no way to change anything", async () => {
  for (const path of ["/services", "/routes", "/consumers", "/config", "/upstreams"])
    assert.equal((await fetch(`${gateway.statusUrl}${path}`)).status, 404, path);
});

test(
  "when orders-a is killed under load no request fails, and later it gets its share again",
  failover,
);

test("the routes of sign-up and login have a lower limit", async () => {
  const codes = new Map<number, number>();
  let refused: Response | undefined;
  for (let number = 0; number < 300 && refused === undefined; number += 1) {
    const reply = await post("/api/v1/auth/verify_mfa", "{}", KEY);
    codes.set(reply.status, (codes.get(reply.status) ?? 0) + 1);
    if (reply.status === 429) refused = reply;
  }
  assert.ok(refused, `never refused: ${[...codes]}`);
  assert.ok((codes.get(422) ?? 0) <= 240, "at most two windows' worth passed");
  assert.ok(Number(refused.headers.get("retry-after")) >= 1);
  assert.equal(refused.headers.get("ratelimit-remaining"), "0");
  assert.equal(refused.headers.get("access-control-allow-origin"), "*", "a page can read it");
  assert.equal((await ask("/api/v1/portfolio")).status, 200, "other routes are not touched");
});
