import assert from "node:assert/strict";
import { once } from "node:events";
import { after, test } from "node:test";
import { WebSocket } from "ws";
import { newToken } from "../../layers/platform/credentials/secrets.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { createTestClient } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { until } from "../../layers/testing/until.ts";
import { connectRaw, identify, refusal, startFeed, token } from "./feed-client.ts";
import { createMarketWriter } from "./market-writer.ts";

// Tickets, the state of the market, and the feed's HTTP routes; at the end, that no secret was
// logged.

const database = await testDatabase();
const writer = await createMarketWriter(database, ["AAPL", "MSFT"]);
const feed = await startFeed(database.url, { LOG_LEVEL: "trace" });
after(() => feed.stop());
const client = await createTestClient(database);
const secrets: string[] = [];

const request = async (path: string, init: RequestInit = {}, bearer?: string) => {
  const authorization = `Bearer ${bearer ?? (await token(600, client))}`;
  const headers = { ...init.headers, authorization };
  return fetch(`http://127.0.0.1:${feed.port}/api/v1${path}`, { ...init, headers });
};

const issue = async (bearer?: string): Promise<string> => {
  const reply = await request("/market/tickets", { method: "POST" }, bearer);
  assert.equal(reply.status, 201);
  const { ticket, expires_at } = (await reply.json()) as Record<string, string>;
  const livesMs = Date.parse(expires_at ?? "") - Date.now();
  assert.ok(livesMs > 25_000 && livesMs <= 30_000, `lives ${livesMs} ms`);
  secrets.push(ticket ?? "");
  return ticket ?? "";
};

const open = async (ticket: string): Promise<WebSocket> => {
  const url = `ws://127.0.0.1:${feed.port}/cable?ticket=${ticket}`;
  const socket = new WebSocket(url, "actioncable-v1-json");
  socket.on("error", () => {});
  const [data] = await once(socket, "message");
  assert.equal(String(data), '{"type":"welcome"}');
  return socket;
};

test("a ticket opens one socket only", async () => {
  const ticket = await issue();
  const socket = await open(ticket);
  assert.equal((await refusal(feed.port, `/cable?ticket=${ticket}`)).status, 401);
  socket.terminate();
  assert.equal((await refusal(feed.port, `/cable?ticket=${ticket}`)).status, 401);
});

test("of twenty handshakes with the same ticket at once, one is accepted", async () => {
  const ticket = await issue();
  const answers = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const url = `ws://127.0.0.1:${feed.port}/cable?ticket=${ticket}`;
      const socket = new WebSocket(url, "actioncable-v1-json");
      socket.on("error", () => {});
      const opened = await new Promise<boolean>((resolve) => {
        socket.once("open", () => resolve(true));
        socket.once("unexpected-response", () => resolve(false));
      });
      socket.terminate();
      return opened;
    }),
  );
  assert.equal(answers.filter(Boolean).length, 1);
});

test("an expired ticket opens no socket, and only the hash of a ticket is stored", async () => {
  const ticket = await issue();
  const { rows } = await database.query<{ row: string }>(
    sql`select ticket::text as row from market.ticket`,
  );
  assert.ok(rows.length > 0 && rows.every(({ row }) => !row.includes(ticket)));
  await database.query(sql`update market.ticket set expires_at = now() - interval '1 second'`);
  assert.equal((await refusal(feed.port, `/cable?ticket=${ticket}`)).status, 401);
  await database.query(sql`
    insert into market.ticket (
      ticket_hash, client_id, credential_kind, credential_id, token_expires_at, expires_at)
    select sha256(id::text::bytea), ${client}, 'session', ${client}, now(), now() - interval '1 minute'
    from generate_series(1, 150) as id`);
  await issue();
  await issue();
  const { rows: left } = await database.query(sql`select from market.ticket`);
  assert.equal(left.length, 2, "what is over is forgotten as new ones are issued");
});

test("guessed, empty and repeated tickets are refused, and so is a ticket together with a token", async () => {
  const ticket = await issue();
  const good = await token(600, client);
  secrets.push(good);
  const queries = [
    ...["ticket=", "ticket=x", `ticket=${newToken()}`, `ticket=${ticket}&ticket=${ticket}`],
    ...[`ticket=${ticket}&token=${good}`, `ticket=${ticket.slice(0, -1)}`, `ticket[]=${ticket}`],
  ];
  for (const query of queries)
    assert.equal((await refusal(feed.port, `/cable?${query}`)).status, 401, query);
  (await open(ticket)).terminate();
});

test("the socket of a ticket ends with the token that the ticket was issued for", async () => {
  const short = await token(3, client);
  secrets.push(short);
  const socket = await open(await issue(short));
  const words: string[] = [];
  socket.on("message", (data) => words.push(String(data)));
  await once(socket, "close");
  assert.equal(words.at(-1), '{"type":"disconnect","reason":"token_expired","reconnect":false}');
});

test("a ticket needs a token, and cannot be used as a token", async () => {
  const url = `http://127.0.0.1:${feed.port}/api/v1/market/tickets`;
  assert.equal((await fetch(url, { method: "POST" })).status, 401);
  const ticket = await issue();
  const reply = await fetch(url, {
    method: "POST",
    headers: { authorization: `Bearer ${ticket}` },
  });
  assert.equal(reply.status, 401);
});

test("the book over HTTP equals the book of the feed, with the same number and checksum", async () => {
  for (let round = 0; round < 30; round += 1) await writer.tick("AAPL");
  const raw = await connectRaw(feed.port);
  raw.subscribe(identify(["AAPL"]));
  await until(() => raw.messages().length >= 2, "the book");
  const { type: _, ts: _ts, ...shown } = raw.messages()[1] ?? { type: "", ts: "" };
  const reply = await request("/instruments/AAPL/book");
  const { ts: _read, ...book } = (await reply.json()) as Record<string, unknown>;
  assert.deepEqual(book, shown);
  const best = (await (await request("/instruments/AAPL/book?levels=1")).json()) as typeof book;
  assert.deepEqual((best["bids"] as unknown[]).length, 1);
  assert.equal(best["checksum"], book["checksum"]);
  raw.socket.terminate();
});

test("the instruments are listed on the feed's port too", async () => {
  const reply = await request("/instruments");
  assert.equal(reply.status, 200, await reply.clone().text());
  const { instruments } = (await reply.json()) as { instruments: { symbol: string }[] };
  assert.deepEqual(
    instruments.map(({ symbol }) => symbol),
    ["AAPL", "MSFT"],
  );
});

test("an invalid request to the feed's HTTP routes gets a problem", async () => {
  const cases: readonly (readonly [string, number, RequestInit?])[] = [
    ["/instruments/NOPE/book", 404],
    ["/instruments/aapl/book", 404],
    ["/instruments/AAPL/book?levels=0", 422],
    ["/instruments/AAPL/book?levels=1&levels=2", 400],
    ["/instruments/AAPL/book?depth=1", 422],
    ["/instruments/AAPL/nothing", 404],
    ["/instruments/%2e%2e/book", 404],
    ["/instruments/AAPL/book", 404, { method: "DELETE" }],
    ["/orders", 404],
  ];
  for (const [path, status, init] of cases) {
    const reply = await request(path, init);
    assert.equal(reply.status, status, path);
    assert.equal(reply.headers.get("content-type"), "application/problem+json");
    assert.equal(reply.headers.get("x-instance"), "market-feed");
    await reply.body?.cancel();
  }
});

test("a page of another origin may call the feed's HTTP routes", async () => {
  const url = `http://127.0.0.1:${feed.port}/api/v1/instruments/AAPL/book`;
  const preflight = await fetch(url, {
    method: "OPTIONS",
    headers: {
      origin: "http://127.0.0.1:8080",
      "access-control-request-method": "GET",
      "access-control-request-headers": "authorization",
    },
  });
  assert.equal(preflight.status, 204);
  assert.equal(preflight.headers.get("access-control-allow-origin"), "*");
  assert.equal(preflight.headers.get("access-control-allow-methods"), "GET");
  assert.match(preflight.headers.get("access-control-allow-headers") ?? "", /authorization/i);
  const [book, refused, unknown, unknownPreflight] = [
    await request("/instruments/AAPL/book"),
    await fetch(url),
    await request("/nothing"),
    await fetch(`http://127.0.0.1:${feed.port}/nothing`, { method: "OPTIONS" }),
  ];
  assert.deepEqual(
    [book, refused, unknown, unknownPreflight].map(({ status, headers }) => [
      ...[status, headers.get("access-control-allow-origin")],
    ]),
    [
      [200, "*"],
      [401, "*"],
      [404, "*"],
      [404, "*"],
    ],
  );
});

test("a halt and its end are sent to present subscribers and to new ones", async () => {
  const early = await connectRaw(feed.port);
  early.subscribe(identify(["MSFT"]));
  await until(() => early.messages().length === 2, "the book");
  const said = (raw: typeof early) =>
    raw
      .messages()
      .flatMap(({ type, level, reason }) => (type === "status" ? [[level, reason]] : []));
  await database.query(sql`update market.instrument set status = 'halted' where symbol = 'MSFT'`);
  await until(() => said(early).length === 1, "the halt");
  const late = await connectRaw(feed.port);
  late.subscribe(identify(["MSFT", "AAPL"]));
  await until(() => late.messages().length === 5, "both books and the halt");
  await database.query(sql`update market.instrument set status = 'trading' where symbol = 'MSFT'`);
  await until(() => said(early).length === 2 && said(late).length === 2, "the end of the halt");
  const both = [
    ["halted", "trading_halted"],
    ["ok", null],
  ];
  assert.deepEqual([said(early), said(late)], [both, both]);
  for (const raw of [early, late]) raw.socket.terminate();
});

test("while the matcher does not process commands, the market is degraded", async () => {
  const raw = await connectRaw(feed.port);
  raw.subscribe(identify(["MSFT"]));
  const levels = () =>
    raw.messages().flatMap(({ type, level }) => (type === "status" ? [level] : []));
  await until(() => raw.messages().length === 2, "the book");
  const seq = (writer.seqs.get("MSFT") ?? 0) + 1;
  await database.query(sql`
    insert into trading.command (symbol, seq, command, created_at)
    values ('MSFT', ${seq}, '{}', now() - interval '5 seconds')`);
  await until(() => levels().at(-1) === "degraded", "degraded");
  await writer.settle("MSFT", { place: [{ side: "buy", price: 900_000, quantity: 1 }] });
  await until(() => levels().at(-1) === "ok", "ok");
  await database.query(sql`
    insert into trading.outbox (symbol, command, created_at)
    values ('MSFT', '{}', now() - interval '5 seconds')`);
  await until(() => levels().length === 3, "degraded by the outbox");
  await database.query(sql`delete from trading.outbox`);
  await until(() => levels().length === 4, "ok again");
  assert.deepEqual(levels(), ["degraded", "ok", "degraded", "ok"]);
  raw.socket.terminate();
});

test("no log line contains a token or a ticket, even at the most verbose level", async () => {
  assert.ok(secrets.length > 8 && feed.log().length > 0);
  assert.doesNotMatch(feed.log(), /eyJ|[?&]t(oken|icket)=/);
  for (const secret of secrets) assert.ok(!feed.log().includes(secret));
});
