import assert from "node:assert/strict";
import { test } from "node:test";
import { WebSocket } from "ws";
import { z } from "zod";
import { sql } from "../../layers/store/pg/database.ts";
import { until } from "../../layers/testing/until.ts";
import { startApiGateway } from "../support/api-gateway.ts";
import { httpApi, type Request } from "./http-api.ts";
import type { Stack } from "./stack.ts";
import { createQueues, startTasks, type Task } from "./tasks.ts";

const PASSWORD = "correct horse battery staple 42";
const SYMBOL = "BOXX";
const ORDERS = 80;
/** Much more time than needed, because the computer may be busy. */
const TAKEOVER_MS_MAX = 30_000;

/**
 * The stack in a box: the template's routes lead to the packaged functions, its task definitions to the
 * files of the image, and everything meets in one database and one queue server.
 */
export const checkBox = (stack: Stack): void => {
  const walk = createWalk(stack);
  let gateway: Awaited<ReturnType<typeof startApiGateway>>;
  let tasks: readonly Task[] = [];
  let operator = "";
  let ada = "";
  let bob = "";

  test("the tasks start from the image's files", async () => {
    const socket = (name: string) => async (event: never) =>
      (await (await stack.lambdaOf(`Feed${name}LambdaFunction`)).invoke(event)) as {
        readonly statusCode: number;
      };
    gateway = await startApiGateway(
      { connect: socket("Connect"), message: socket("Message"), disconnect: socket("Disconnect") },
      "prod",
    );
    stack.cleanUp.add("the WebSocket API", gateway.close);
    await createQueues(stack);
    tasks = await startTasks(stack, gateway.url);
    assert.deepEqual(tasks.map(({ name }) => name).sort(), [
      "feed",
      "matcher-a",
      "matcher-b",
      "worker",
    ]);
  });

  test("the invited operator chooses a password, lists an instrument and grants shares", async () => {
    const token = await walk.mailed("operator@example.org", /token=([\w-]+)/);
    await walk.post(204, "/auth/password/reset", { body: { token, password: PASSWORD } });
    operator = await walk.logIn("operator@example.org");
    const instrument = {
      ...{ symbol: SYMBOL, name: "Box", tick_size: "0.01", max_quantity: 10_000 },
      ...{ max_notional: "1000000", price_band_bps: 1_000, reference_price: "100.00" },
      calendar: "ALWAYS",
    };
    await walk.post(201, "/admin/instruments", { token: operator, body: { instrument } });
    bob = await walk.signUp("bob@example.org");
    const { client } = await walk.profile(bob);
    const { client_id: id } = z.object({ client_id: z.string() }).parse(client);
    await walk.post(201, `/admin/clients/${id}/adjustments`, {
      token: operator,
      body: { asset: SYMBOL, direction: "grant", amount: "100", reason: "first shares" },
      headers: { "idempotency-key": "grant-1" },
    });
  });

  test("a client signs up, deposits, buys, and learns of it in the answer, on the feed and by mail", async () => {
    ada = await walk.signUp("ada@example.org");
    await walk.post(201, "/deposits", {
      ...{ token: ada, body: { amount: 10_000.0, currency: "USD" } },
      headers: { "idempotency-key": "deposit-1" },
    });
    const { ticket } = await walk.post(201, "/market/tickets", { token: ada });
    const feed = await openFeed(`${gateway.url.replace("/prod", "")}/?ticket=${ticket}`);
    await walk.order(bob, { direction: "sell", quantity: 5, price: 100.5 });
    const bought = await walk.order(ada, { direction: "buy", quantity: 5, price: 101.0 }, 5);
    assert.equal(bought["status"], "filled", JSON.stringify(bought));
    await until(
      () => feed.frames.some((frame) => /"type":"trade".*"100.50"/.test(frame)),
      "a trade",
    );
    await walk.mailed("ada@example.org", /Filled: buy 5 BOXX/);
    const portfolio = await walk.get("/portfolio", ada);
    assert.match(JSON.stringify(portfolio), /"symbol":"BOXX","quantity":5/);
    feed.close();
  });

  const look = async (): Promise<{ readonly holder: string; readonly trades: bigint }> => {
    const { rows } = await stack.database.query<{ holder: string; trades: bigint }>(sql`
      select holder, (select count(*) from trading.trade where symbol = ${SYMBOL}) as trades
      from trading.book join trading.shard using (shard) where symbol = ${SYMBOL}`);
    return rows[0] ?? { holder: "", trades: 0n };
  };

  /** Kills the matcher that works the symbol; resolves when the other one has traded. */
  const killHolder = async (): Promise<{ readonly takeover: Promise<number> }> => {
    const { holder, trades } = await look();
    assert.match(holder, /^matcher-[ab]$/);
    tasks.find(({ name }) => name === holder)?.kill();
    const killedAt = performance.now();
    const traded = async (): Promise<boolean> => {
      const now = await look();
      return /^matcher-[ab]$/.test(now.holder) && now.holder !== holder && now.trades > trades;
    };
    const takeover = until(traded, "the other matcher to trade", TAKEOVER_MS_MAX);
    return { takeover: takeover.then(() => performance.now() - killedAt) };
  };

  test("when a matcher is killed under load, the other matcher continues and no order is lost or duplicated", async () => {
    const placed: string[] = [];
    const kills: Promise<number>[] = [];
    const trade = async (token: string, direction: "buy" | "sell"): Promise<void> => {
      for (let count = 0; count < ORDERS / 2; count += 1) {
        const terms = { direction, quantity: 1, price: 100.0 };
        const order = await walk.order(token, {
          ...terms,
          client_order_id: `box-${direction}-${count}`,
        });
        placed.push(String(order["order_id"] ?? order["id"]));
        if (placed.length === ORDERS / 2) kills.push((await killHolder()).takeover);
      }
    };
    await Promise.all([trade(bob, "sell"), trade(ada, "buy")]);
    assert.equal(kills.length, 1);
    const [takeoverMs = 0] = await Promise.all(kills);
    console.log(`the other matcher traded ${Math.round(takeoverMs)} ms after the kill`);
    await until(
      async () => {
        const { rows } = await stack.database.query(sql`
          select from trading."order" where order_id = any(${placed}::uuid[]) and status <> 'filled'`);
        return rows.length === 0;
      },
      "all orders to be filled",
      TAKEOVER_MS_MAX,
    );
    assert.equal(new Set(placed).size, ORDERS);
    assert.equal((await look()).trades, BigInt(1 + ORDERS / 2));
    for (const view of [sql`select from ledger.imbalance`, sql`select from trading.hold_drift`])
      assert.equal((await stack.database.query(view)).rows.length, 0);
  });

  test("a second deployment changes nothing", async () => {
    const contents = () =>
      stack.database.query(sql`
        select (select jsonb_agg(to_jsonb(migration)) from public.migration) as migrations,
          (select count(*) from identity.client) as clients,
          (select count(*) from identity.mail where recipient = 'operator@example.org') as mails`);
    const before = await contents();
    const { Status } = await stack.migrate("Update");
    assert.equal(Status, "SUCCESS");
    assert.deepEqual((await contents()).rows, before.rows);
    assert.equal((await stack.call("GET", "/health")).status, 200);
  });

  test("new passwords: the migration sets them and hands them on, and the old ones are refused", async () => {
    const portfolio = async (environment = {}): Promise<number> => {
      const lambda = await stack.host.start("GetPortfolioLambdaFunction", environment);
      const call = httpApi(stack.template, async () => lambda);
      const { status } = await call("GET", "/api/v1/portfolio", { token: ada });
      await lambda.stop();
      return status;
    };
    assert.equal((await stack.call("GET", "/api/v1/portfolio", { token: ada })).status, 200);
    const old = stack.host.environmentOf("GetPortfolioLambdaFunction");
    stack.renewPasswords();
    const { log, migrated } = await stack.migrateAnew();
    await until(() => log().includes("not accept the owner's password yet"), "a refused password");
    await stack.setOwnerPassword();
    assert.equal((await migrated).Status, "SUCCESS");
    assert.equal(await portfolio(), 200);
    assert.equal(await portfolio({ DATABASE_URL: old["DATABASE_URL"] }), 503);
    const { status } = await stack.call("GET", "/api/v1/portfolio", { token: ada });
    assert.equal(status, 200, "a connected copy continues");
  });
};

const openFeed = async (url: string) => {
  const socket = new WebSocket(url.replace("http:", "ws:"), "actioncable-v1-json");
  const frames: string[] = [];
  socket.on("message", (data) => frames.push(data.toString()));
  socket.on("error", (error) => frames.push(String(error)));
  await until(() => frames.some((frame) => frame.includes("welcome")), "the welcome");
  const identifier = JSON.stringify({ channel: "MarketChannel", symbols: [SYMBOL] });
  socket.send(JSON.stringify({ command: "subscribe", identifier }));
  await until(() => frames.some((frame) => frame.includes("orderbook")), "the book");
  return { frames, close: () => socket.close() };
};

/** The steps of a person, over the template's HTTP API and the mail catcher. */
const createWalk = ({ call, mailUrl }: Stack) => {
  const usedCodes = new Set<string>();
  const request = async (method: string, status: number, path: string, options: Request) => {
    const reply = await call(method, `/api/v1${path}`, options);
    assert.equal(reply.status, status, `${method} ${path}: ${reply.text}`);
    return reply.text === "" ? {} : reply.json();
  };
  const post = (status: number, path: string, options: Request) =>
    request("POST", status, path, options);
  const mailed = async (recipient: string, pattern: RegExp): Promise<string> => {
    let found: string | undefined;
    await until(
      async () => {
        const response = await fetch(`${mailUrl}/api/messages`);
        const mails = (await response.json()) as readonly Readonly<Record<string, string>>[];
        found = mails
          .filter((mail) => mail["recipient"] === recipient)
          .map((mail) => pattern.exec(`${mail["subject"]}\n${mail["text"]}`))
          .map((match) => match?.[1] ?? match?.[0])
          .find((text) => text !== undefined && !usedCodes.has(text));
        return found !== undefined;
      },
      `a mail to ${recipient} with ${pattern}`,
      20_000,
    );
    usedCodes.add(found ?? "");
    return found ?? "";
  };
  const logIn = async (email: string): Promise<string> => {
    const { challenge_id } = await post(200, "/auth/login", {
      body: { email, password: PASSWORD },
    });
    const code = await mailed(email, /code is (\d{6})/);
    const { token } = await post(200, "/auth/verify_mfa", { body: { challenge_id, code } });
    return String(token);
  };
  return {
    post,
    mailed,
    logIn,
    get: (path: string, token: string) => request("GET", 200, path, { token }),
    profile: (token: string) => request("GET", 200, "/clients/me", { token }),
    signUp: async (email: string): Promise<string> => {
      const person = { first_name: "Ada", last_name: "Lovelace", date_of_birth: "1990-12-10" };
      const client = { email, password: PASSWORD, ...person };
      await post(201, "/clients/register", { body: { client } });
      const token = await mailed(email, /token=([\w-]+)/);
      await request("GET", 200, `/clients/verify?token=${token}`, {});
      return logIn(email);
    },
    order: (token: string, order: object, waitSeconds = 0) =>
      post(201, "/orders", {
        token,
        body: { order: { symbol: SYMBOL, order_type: "limit", ...order } },
        ...(waitSeconds > 0 ? { headers: { prefer: `wait=${waitSeconds}` } } : {}),
      }),
  };
};
