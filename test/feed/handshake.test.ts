import assert from "node:assert/strict";
import { after, test } from "node:test";
import { WebSocket } from "ws";
import { createTestClient } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { until } from "../../layers/testing/until.ts";
import { connectRaw, identify, refusal, startFeed, token } from "./feed-client.ts";
import { createMarketWriter } from "./market-writer.ts";

// Which clients may connect, for how long, and how often.

const database = await testDatabase();
const writer = await createMarketWriter(database, ["AAPL"]);
await writer.tick("AAPL");
const feed = await startFeed(database.url);
after(() => feed.stop());

test("a missing, wrong, altered or expired token is refused at the handshake with 401", async () => {
  const good = await token();
  const tampered = `${good.slice(0, -3)}AAA`;
  const none = `${Buffer.from('{"alg":"none"}').toString("base64url")}.${good.split(".")[1]}.`;
  const paths = ["/cable", "/cable?token=", "/cable?token=abc", `/cable?token=${tampered}`];
  paths.push(`/cable?token=${none}`, `/cable?token=${await token(-60)}`);
  paths.push(`/cable?token=${good}&token=${good}`, `/cable?token[]=${good}`, "/cable?ticket=x");
  for (const path of paths) {
    const { status, headers } = await refusal(feed.port, path);
    assert.equal(status, 401, path);
    assert.equal(headers["x-instance"], "market-feed");
    assert.ok(headers["x-correlation-id"]);
  }
  const bad = await refusal(feed.port, "/cable", { authorization: "Bearer x.y.z" });
  assert.equal(bad.status, 401);
});

test("the token may come in the Authorization header", async () => {
  const client = await connectRaw(feed.port, {
    headers: { authorization: `Bearer ${await token()}` },
  });
  assert.equal(client.socket.protocol, "actioncable-v1-json");
  client.socket.terminate();
});

test("a client that offers no sub-protocol is accepted; one that offers only unknown ones is refused", async () => {
  const path = `/cable?token=${await token()}`;
  const plain = new WebSocket(`ws://127.0.0.1:${feed.port}${path}`);
  await new Promise((resolve) => plain.once("message", resolve));
  assert.equal(plain.protocol, "");
  plain.terminate();
  assert.equal((await refusal(feed.port, path, {}, ["graphql-ws", "x"])).status, 400);
  const both = new WebSocket(`ws://127.0.0.1:${feed.port}${path}`, ["x", "actioncable-v1-json"]);
  await new Promise((resolve) => both.once("open", resolve));
  assert.equal(both.protocol, "actioncable-v1-json");
  both.terminate();
});

test("only /cable accepts WebSockets", async () => {
  const good = await token();
  for (const path of ["/", "/cable/", "/cablex", "/health", "/%40connections/constructor"])
    assert.equal((await refusal(feed.port, `${path}?token=${good}`)).status, 404);
});

test("the socket ends with its token, and the client receives the reason", async () => {
  const client = await connectRaw(feed.port, { token: await token(2) });
  client.subscribe(identify(["AAPL"]));
  await client.closed();
  assert.deepEqual(client.frames.at(-1), {
    ...{ type: "disconnect", reason: "token_expired", reconnect: false },
  });
});

test("a client has at most twenty connections, and may open another when one has closed", async () => {
  const client = await createTestClient(database);
  const bearer = await token(600, client);
  const path = `/cable?token=${bearer}`;
  const clients = await Promise.all(
    Array.from({ length: 20 }, () => connectRaw(feed.port, { token: bearer })),
  );
  const { status, headers } = await refusal(feed.port, path);
  assert.equal(status, 429);
  assert.equal(headers["retry-after"], "1");
  (await connectRaw(feed.port)).socket.terminate(); // another client is not affected
  clients[0]?.socket.terminate();
  await until(async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${feed.port}${path}`);
    socket.on("error", () => {});
    const opened = await new Promise<boolean>((resolve) => {
      socket.once("open", () => resolve(true));
      socket.once("unexpected-response", () => resolve(false));
    });
    socket.terminate();
    return opened;
  }, "a connection in place of the closed one");
  for (const { socket } of clients) socket.terminate();
});

test("health and metrics are served next to the sockets, with the name of the instance", async () => {
  const client = await connectRaw(feed.port);
  const health = await fetch(`http://127.0.0.1:${feed.port}/health`, {
    headers: { "x-correlation-id": "abc" },
  });
  assert.equal(health.status, 200);
  assert.deepEqual(await health.json(), {
    ...{ status: "ok", instance: "market-feed", checks: { database: "ok", feed: "ok" } },
  });
  assert.equal(health.headers.get("x-instance"), "market-feed");
  assert.equal(health.headers.get("x-correlation-id"), "abc");
  const metrics = await (await fetch(`http://127.0.0.1:${feed.port}/metrics`)).text();
  assert.match(metrics, /^cable_connections [1-9]/m);
  assert.match(metrics, /^cable_connections_total [1-9]/m);
  client.socket.terminate();
});

test("no token was ever logged", () => {
  assert.doesNotMatch(feed.log(), /eyJ/);
});
