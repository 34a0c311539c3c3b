import assert from "node:assert/strict";
import type { ClientId } from "../../../layers/domain/identifiers.ts";
import { shares } from "../../../layers/domain/units.ts";
import { newUuid } from "../../../layers/platform/ids.ts";
import { sql } from "../../../layers/store/pg/database.ts";
import { createInstrument, createTestClient } from "../../../layers/testing/clients.ts";
import { testDatabase } from "../../../layers/testing/database.ts";
import {
  authorizationOf,
  invoke,
  type Reply,
  useEnvironment,
} from "../../../layers/testing/http.ts";
import { usd } from "../../../layers/testing/terms.ts";
import { loadAdminRoutes, loadRoutes } from "../../support/routes.ts";

// The clients, instruments and requests with which the problems of docs/problems.md are provoked.

export const database = await testDatabase();
useEnvironment(database.url);
export const routes = { ...(await loadRoutes()), ...(await loadAdminRoutes()) };
for (const [symbol, rules] of [
  ["AAPL", {}],
  ["HALT", { status: "halted" }],
  ["NOREF", { referencePrice: undefined }],
  ["LOTS", { lotSize: shares(10) }],
  ["SHUT", {}],
  ["KILL", {}],
  ["NYSE", {}],
] as const)
  await createInstrument(database, symbol, rules);
/** A market that opens on one day of the week, which is not today. */
const otherDay = ((new Date().getUTCDay() + 3) % 7) + 1;
await database.query(sql`
  insert into market.calendar (calendar, name, time_zone, opens_at, closes_at, weekdays)
  values ('SHUT', 'shut', 'UTC', '09:00', '17:00', array[${otherDay}]::smallint[])`);
await database.query(sql`update market.instrument set calendar = 'SHUT' where symbol = 'SHUT'`);
await database.query(sql`update market.instrument set calendar = 'XNYS' where symbol = 'NYSE'`);
export const client = await createTestClient(database, {
  cash: usd("500000"),
  shares: { AAPL: 5 },
});
/** A client with pending replaces: only the matcher could decide them. */
export const replacer = await createTestClient(database, {
  cash: usd("10000"),
  shares: { AAPL: 5 },
});
/** A client whose account may not trade. */
export const stranger = await createTestClient(database);
await database.query(sql`
  update trading.account set status = 'suspended' where client_id = ${stranger}`);

export const send = async (
  operation: string,
  request: Parameters<typeof invoke>[1] = {},
  as: ClientId = client,
): Promise<Reply> => {
  const route = routes[operation];
  assert.ok(route !== undefined, operation);
  const headers = { authorization: await authorizationOf(as), ...request.headers };
  return invoke(route.handler, { method: route.contract.method, ...request, headers });
};

export const operator = await createTestClient(database, { roles: ["admin"] });
export const administer = async (operation: string, request: object): Promise<Reply> => {
  const authorization = await authorizationOf(operator, ["admin"]);
  return send(operation, { ...request, headers: { authorization } });
};
const LISTED = {
  ...{ symbol: "AAPL", name: "Apple", tick_size: "0.01", max_quantity: 10, max_notional: "100" },
  price_band_bps: 100,
};
export const list = (terms: object): Promise<Reply> =>
  administer("createInstrument", { body: { instrument: { ...LISTED, ...terms } } });

export const place = (terms: object, as?: ClientId): Promise<Reply> => {
  const usual = {
    symbol: "AAPL",
    order_type: "limit",
    direction: "buy",
    quantity: 1,
    price: "100",
  };
  const order = { ...usual, client_order_id: newUuid(), ...terms };
  return send("placeOrder", { body: { order } }, as);
};

export const deposit = (key: string | undefined, body: object): Promise<Reply> =>
  send("deposit", { body, headers: key === undefined ? {} : { "idempotency-key": key } });
export const TEN = { amount: "10.00", currency: "USD" };

await database.query(sql`
  update trading.account set max_daily_deposits = 100000000 where client_id = ${client}`);

export const orderId = async (reply: Promise<Reply>): Promise<string> =>
  String((await reply).json()["order_id"]);
