import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { tokenFor } from "../../infra/local/tools/token.ts";
import { until } from "../../layers/testing/until.ts";
import { compareDecimals, type OwnEvent } from "../../sdk/index.ts";
import { imitateRepository, ROOT } from "../support/doc-page.ts";
import { childrenOf, findPlace, launch, runProgram } from "../support/launcher.ts";
import { type Bot, newKey, startBot } from "./bot.ts";
import { findPython } from "./python.ts";
import { tutorialTests } from "./tutorial-pages.ts";

// The programs of docs/examples trade for a minute, side by side, with an API key and nothing else. In the
// meantime the pages of docs/tutorials are done as a reader would do them.

const SYMBOL = "MSFT";
const TRADES_FOR_MS = 60_000;

const python = findPython();
const place = await findPlace();
process.env["BROKERX_HOME"] = place.home; // where tokenFor finds the keys
const folder = await mkdtemp(join(tmpdir(), "brokerx-tutorials-"));
// The market trades three times as much as usual, so that the programs have more changes to follow.
const system = launch(place.env, ["--market=15"]);
const bots: Bot[] = [];
let startedAt = 0;

before(async () => {
  await imitateRepository(folder);
  await system.says(/BrokerX is ready in/, 120_000);
  const example = (file: string): string => join(ROOT, "docs", "examples", file);
  const start = async (email: string, command: [string, string]): Promise<void> => {
    bots.push(await startBot({ place, folder, email, symbol: SYMBOL, command }));
  };
  startedAt = Date.now();
  await start("alice@brokerx.local", [process.execPath, example("market-maker.ts")]);
  if ("path" in python) await start("bob@brokerx.local", [python.path, example("market_maker.py")]);
});
after(async () => {
  for (const bot of bots) await bot.end("SIGKILL");
  system.child.kill("SIGTERM");
  await system.ended;
  for (const used of [place.home, folder]) await rm(used, { recursive: true, force: true });
});

/** Waits until this is true of every program that trades. */
const untilAll = async (what: string, holds: (bot: Bot) => boolean | Promise<boolean>) => {
  for (const bot of bots) await until(() => holds(bot), `${bot.email}: ${what}\n${bot.output()}`);
};

/** Waits until every program has a buy and a sell order that is newer than this. */
const quoteBothSides = (since: number): Promise<void> =>
  untilAll("quotes both sides", async ({ openOrders }) => {
    const open = await openOrders();
    const isQuoted = (side: string): boolean =>
      open.some(({ direction, updated_at: at }) => direction === side && Date.parse(at) > since);
    return isQuoted("buy") && isQuoted("sell");
  });

const replaces = ({ requests }: Bot): number =>
  requests.seen.filter(({ path, status }) => path.endsWith("/replace") && status === 200).length;

test("the Python example can be run here", { skip: "missing" in python && python.missing }, () => {
  assert.equal(bots.length, 2);
});

test("a key is created for demo accounts only, and with known scopes", () => {
  const refused = (...args: readonly string[]) => {
    const { code, stderr } = runProgram(place.env, ["key-create", ...args]);
    return [code === 0, stderr];
  };
  assert.match(String(refused("nobody@brokerx.local")), /^false,There is no demo account nobody/);
  assert.match(String(refused("bob@brokerx.local", "fly")), /^false,No key was created: scopes/);
});

test("the market makers quote both sides and follow the market", async () => {
  await quoteBothSides(startedAt);
  await untilAll("has replaced its orders", (bot) => replaces(bot) >= 3);
});

test("the programs cancel their quotes while the feed is down, and quote again when it is up", async () => {
  const feed = childrenOf(system).find(({ command }) => command.includes("infra/market-feed"));
  assert.ok(feed !== undefined);
  const killedAt = Date.now();
  process.kill(feed.pid, "SIGKILL");
  await untilAll("notices", ({ output }) => output().includes("feed lost"));
  await untilAll("cancels", ({ output }) => /feed lost[\s\S]*cancel all/.test(output()));
  await system.says(/market-feed is back/);
  await untilAll("connects", ({ output }) => /feed lost[\s\S]*feed open/.test(output()));
  await quoteBothSides(killedAt);
});

const limit = async (orders: { readonly second: number; readonly burst: number }) => {
  const token = await tokenFor("admin@brokerx.local");
  for (const client of ["102", "103"]) {
    const url = `http://127.0.0.1:${place.ports.admin}/api/v1/admin/clients`;
    const response = await fetch(`${url}/00000000-0000-7000-8000-000000000${client}/limits`, {
      method: "PATCH",
      headers: {
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
      },
      body: JSON.stringify({
        ...{ max_orders_per_second: orders.second, max_order_burst: orders.burst },
        reason: "test",
      }),
    });
    assert.equal(response.status, 200, await response.text());
  }
};

test("the programs wait as long as a 429 or 503 asks for, and then continue", async () => {
  await limit({ second: 1, burst: 1 });
  const refusedWith = (status: number) => (bot: Bot) =>
    bot.requests.seen.some((request) => request.status === status);
  await untilAll("is refused with 429", refusedWith(429));
  await limit({ second: 500, burst: 1_000 });
  for (const { requests } of bots) requests.refuseNext(3, 2);
  await untilAll("is refused with 503", refusedWith(503));
  await quoteBothSides(Date.now());
  for (const { email, requests } of bots) {
    const refused = requests.seen.filter(({ retryAfterSeconds }) => retryAfterSeconds);
    for (const { answeredAt, retryAfterSeconds = 0, path, status } of refused) {
      const next = requests.seen.find(
        ({ method, arrivedAt, path: to }) =>
          method === "POST" && to.startsWith("/api/v1/orders") && arrivedAt > answeredAt,
      );
      const waited = ((next?.arrivedAt ?? Infinity) - answeredAt) / 1_000;
      assert.ok(waited > retryAfterSeconds - 0.05, `${email} ${status} ${path}: ${waited} s`);
    }
  }
});

/** Revokes the key in a file, as its owner would after a login. */
const revokeKey = async ({ email, keyFile }: Bot): Promise<void> => {
  const keyId = (await readFile(keyFile, "utf8")).split("_")[1];
  const token = await tokenFor(email, new Date());
  const response = await fetch(
    `http://127.0.0.1:${place.ports.identity}/api/v1/api_keys/${keyId}`,
    { method: "DELETE", headers: { authorization: `Bearer ${token}` } },
  );
  assert.equal(response.status, 204);
};

test("the programs survive the revocation of their key, and continue with the next key", async () => {
  for (const bot of bots) await revokeKey(bot);
  const isRefused = ({ requests }: Bot) => requests.seen.some(({ status }) => status === 401);
  await untilAll("is refused with 401", isRefused);
  const since = Date.now();
  for (const { email, keyFile } of bots) await writeFile(keyFile, newKey(place, email));
  await quoteBothSides(since);
});

tutorialTests({ place, folder, python });

/**
 * The events after which a client's own orders were crossed, or would have been crossed if the
 * replace had been applied.
 */
const crossings = async ({ activities, pricesRequested }: Bot): Promise<readonly OwnEvent[]> => {
  const open = new Map<string, { readonly side: string; readonly price: string }>();
  const requested = new Map<string, string[]>();
  const pendingPrice = new Map<string, string | undefined>();
  const found: OwnEvent[] = [];
  for (const event of await activities()) {
    if (event.type !== "order" || event.order.symbol !== SYMBOL) continue;
    const { order_id: id, direction: side, price, pending_action: pending } = event.order;
    const prices = requested.get(id) ?? [...(await pricesRequested(id))];
    requested.set(id, prices);
    // A fill while a replace is pending is another event with the same requested price.
    if (pending !== "pending_replace") pendingPrice.delete(id);
    else if (!pendingPrice.has(id)) pendingPrice.set(id, prices.shift());
    const wanted = pendingPrice.has(id) ? pendingPrice.get(id) : price;
    if (wanted == null || event.order.open_quantity === 0) open.delete(id);
    else open.set(id, { side, price: wanted });
    if (areCrossed([...open.values()])) found.push(event);
  }
  return found;
};

const areCrossed = (orders: readonly { readonly side: string; readonly price: string }[]) =>
  orders.some(
    (buy) =>
      buy.side === "buy" &&
      orders.some(({ side, price }) => side === "sell" && compareDecimals(buy.price, price) >= 0),
  );

/** The steps by which a buy moved up, as far as they were larger than the spread. */
const jumpsOf = (output: string): readonly number[] =>
  [...output.matchAll(/buy (\S+) -> (\S+)/g)]
    .map(([, from, to]) => Number(to) - Number(from))
    .filter((difference) => difference > 0.08);

test("after a minute the programs end without open orders, and have never crossed their own quotes", async () => {
  await delay(Math.max(0, startedAt + TRADES_FOR_MS - Date.now()));
  for (const [index, bot] of bots.entries()) {
    const code = await bot.end(index === 0 ? "SIGINT" : "SIGTERM");
    assert.equal(code, 0, bot.output());
    assert.deepEqual(await bot.openOrders(), [], bot.output());
    assert.deepEqual(await crossings(bot), [], bot.output());
  }
  const jumps = bots.flatMap(({ output }) => jumpsOf(output()));
  assert.ok(jumps.length > 0, "no quote ever moved past the old quote of the other side");
});
