import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClientId, Ticker } from "../../layers/domain/identifiers.ts";
import type { OrderTerms } from "../../layers/domain/orders/order.ts";
import { shares } from "../../layers/domain/units.ts";
import { systemClock } from "../../layers/platform/clock.ts";
import { createReferenceData } from "../../layers/store/market/reference-data.ts";
import { createInstrument, createTestClient } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { order, usd } from "../../layers/testing/terms.ts";
import { previewOrder } from "./preview-order.ts";

const database = await testDatabase();
const deps = { database, reference: createReferenceData(database), clock: systemClock };
await createInstrument(database, "AAPL");
await createInstrument(database, "NOREF", { referencePrice: undefined });

const limitBuy = order("buy", 10, "101", { clientOrderId: undefined });

const preview = (clientId: ClientId, terms: Partial<OrderTerms> = {}) =>
  previewOrder(deps, { clientId, terms: { ...limitBuy, ...terms } });

test("every check is listed in its order, with its limit and value", async () => {
  const client = await createTestClient(database, { cash: usd("2000") });
  const { checks, intent } = await preview(client);
  assert.ok(checks.every(({ ok }) => ok));
  assert.equal(intent?.holdAmount, usd("1010"));
  assert.deepEqual(
    checks.map(({ check }) => check),
    [
      ...["client_active", "kill_switch", "instrument_known", "instrument_tradable", "order_shape"],
      ...["session", "tick_size", "lot_size", "quantity", "notional", "price_band", "duplicate"],
      ...["open_orders", "buying_power"],
    ],
  );
  assert.deepEqual(checks.at(-1), {
    ...{ check: "buying_power", code: "insufficient_funds", ok: true },
    ...{ limit: "2000.00", value: "1010.00" },
  });
});

test("a failed check does not hide later checks", async () => {
  const client = await createTestClient(database, { cash: usd("100"), maxOpenOrders: 0 });
  const { checks } = await preview(client, { price: usd("130.001"), quantity: shares(20_000) });
  assert.deepEqual(
    checks.filter(({ ok }) => !ok).map(({ code }) => code),
    [...["invalid_tick", "quantity_limit", "price_band", "open_order_limit"], "insufficient_funds"],
  );
});

test("a check that cannot be made is left out", async () => {
  const client = await createTestClient(database, { cash: usd("100") });
  const unknown = await preview(client, { symbol: "NOPE" as Ticker });
  assert.equal(unknown.intent, undefined);
  assert.ok(unknown.checks.some(({ code, ok }) => code === "unknown_symbol" && !ok));
  const market = await preview(client, {
    ...{ symbol: "NOREF" as Ticker, orderType: "market", price: undefined },
  });
  assert.deepEqual(
    market.checks.filter(({ ok }) => !ok).map(({ code }) => code),
    ["no_reference_price"],
  );
});

test("a stop_limit is checked at its stop price and at its limit price", async () => {
  const client = await createTestClient(database, { cash: usd("5000") });
  const { checks } = await preview(client, {
    ...{ orderType: "stop_limit", stopPrice: usd("110"), price: usd("133") },
  });
  const bands = checks.filter(({ code }) => code === "price_band");
  assert.deepEqual(
    bands.map(({ check, limit, ok }) => [check, limit, ok]),
    [
      ["price_band", "80.00 to 120.00", true],
      ["limit_band", "88.00 to 132.00", false],
    ],
  );
});
