import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { money } from "../../layers/domain/units.ts";
import { passwords } from "../../layers/platform/credentials/passwords.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { createInstrument, createTestClient } from "../../layers/testing/clients.ts";
import { GOOD_REQUESTS } from "./events.ts";
import { httpApi, type Request } from "./http-api.ts";
import type { Stack } from "./stack.ts";
import { routesOf } from "./template.ts";

const PASSWORD = "correct horse battery staple";
const AT_ONCE = 2;
const FROZEN_MS = 10_000;
const LOG_CHARACTERS_MAX = 10_000;

type Case = { readonly name: string; readonly resource: string; readonly route: string };

/** Every packaged function, started from its zip: it answers a good request and refuses a bad one. */
export const checkArtifacts = (stack: Stack): void => {
  test("every function starts from its zip, answers a good request and refuses a bad one", async () => {
    const { client, operator } = await prepare(stack);
    const cases = [...routesOf(stack.template, "HttpApi")]
      .filter(([route]) => route !== "$default")
      .map(([route, resource]) => ({ route, resource, name: stack.host.nameOf(resource) }));
    assert.ok(cases.length > 70, `${cases.length} functions`);
    const inits: number[] = [];
    const faults: string[] = [];
    const waiting = [...cases];
    const work = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
        await checkFunction(stack, next, { client, operator }).then(
          (initMs) => inits.push(initMs),
          (error: unknown) => faults.push(String(error)),
        );
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    assert.deepEqual(faults, []);
    inits.sort((a, b) => a - b);
    const [median = 0, longest = 0] = [inits[inits.length >> 1], inits.at(-1)];
    console.log(`init: median ${Math.round(median)} ms, longest ${Math.round(longest)} ms`);
  });

  test("a function that cannot start says why, and not with its whole source", async () => {
    const lambda = await stack.host.start("GetPortfolioLambdaFunction", { DATABASE_URL: "none" });
    await assert.rejects(lambda.invoke({}), /configuration is not usable. DATABASE_URL/);
    assert.ok(lambda.log().length < LOG_CHARACTERS_MAX, lambda.log());
    await lambda.stop();
  });

  test("the sockets' functions start from their zips and refuse strangers", async () => {
    const event = (eventType: string) => ({
      requestContext: { eventType, connectionId: "c1", routeKey: "$default" },
      ...{ multiValueHeaders: {}, multiValueQueryStringParameters: null, body: "{" },
    });
    const statuses = [];
    for (const [name, type] of [
      ["Connect", "CONNECT"],
      ["Message", "MESSAGE"],
      ["Disconnect", "DISCONNECT"],
    ]) {
      const lambda = await stack.lambdaOf(`Feed${name}LambdaFunction`);
      const { statusCode } = (await lambda.invoke(event(String(type)))) as { statusCode: number };
      statuses.push(statusCode);
    }
    assert.deepEqual(statuses, [401, 429, 200]);
  });

  const portfolioAfterFreeze = async (lose: () => void | Promise<void>): Promise<void> => {
    const { client } = await prepare(stack);
    const lambda = await stack.lambdaOf("GetPortfolioLambdaFunction");
    const ask = () => stack.call("GET", "/api/v1/portfolio", { token: client });
    assert.equal((await ask()).status, 200);
    lambda.freeze();
    await lose();
    const response = ask();
    await delay(FROZEN_MS);
    lambda.thaw();
    const { status, text } = await response;
    assert.equal(status, 200, text);
  };

  test("a function whose connection was ended while it was frozen answers the next call", () =>
    portfolioAfterFreeze(async () => {
      await stack.database.query(sql`grant brokerx_orders to current_user`);
      const { rows } = await stack.database.query(sql`
        select pg_terminate_backend(pid) from pg_stat_activity
        where application_name = 'portfolios' and usename = 'brokerx_orders'`);
      assert.equal(rows.length, 1, "the function has one connection");
    }));

  test("a function whose connection was lost without a word answers the next call", () =>
    portfolioAfterFreeze(stack.road.loseConnections));
};

const prepare = async (stack: Stack) => {
  const clientId = await createTestClient(stack.database, { cash: money(10_000_000n) });
  const admin = await createTestClient(stack.database, { roles: ["admin"] });
  await stack.database.query(sql`
    update identity.client set password_hash = ${await passwords.hash(PASSWORD)}
    where client_id = ${clientId}`);
  for (const symbol of ["AAPL", "MSFT", "TSLA"]) {
    const known = await stack.database.query(sql`
      select from market.instrument where symbol = ${symbol}`);
    if (known.rows.length === 0) await createInstrument(stack.database, symbol);
  }
  return {
    client: await stack.tokenOf(clientId),
    operator: await stack.tokenOf(admin, ["admin"]),
  };
};

/** Returns how long the function took to start. */
const checkFunction = async (
  stack: Stack,
  { name, resource, route }: Case,
  tokens: { readonly client: string; readonly operator: string },
): Promise<number> => {
  const { status = 200, params = {}, query, ...request } = GOOD_REQUESTS[name] ?? {};
  const lambda = await stack.host.start(resource);
  const call = httpApi(stack.template, async () => lambda);
  const [method = "", pattern = ""] = route.split(" ");
  const path = pattern.replaceAll(/\{(\w+)\}/g, (_match, key: string) => params[key] ?? "unknown");
  const target = query === undefined ? path : `${path}?${query}`;
  try {
    const token = path.startsWith("/api/v1/admin") ? tokens.operator : tokens.client;
    const good = await call(method, target, { ...request, token });
    assert.equal(good.status, status, `${name}: ${good.text}\n${lambda.log()}`);
    assert.ok(good.headers["x-instance"] !== undefined, name);
    const bad = await call(method, `${path}?nonsense=1`, badRequest);
    assert.ok(bad.status >= 400 && bad.status < 500, `${name}: ${bad.status} ${bad.text}`);
    assert.equal(bad.headers["content-type"], "application/problem+json");
    return await lambda.initMs();
  } finally {
    await lambda.stop();
  }
};

const badRequest: Request = { token: "nonsense", body: '{"nonsense"' };
