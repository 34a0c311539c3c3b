import assert from "node:assert/strict";
import { after, test } from "node:test";
import { createExpiry } from "../../functions/expire-orders/expire-orders.ts";
import { withdraw } from "../../functions/withdraw/withdraw.ts";
import type { Ticker } from "../../layers/domain/identifiers.ts";
import { systemClock } from "../../layers/platform/clock.ts";
import { newApiKey } from "../../layers/platform/credentials/api-keys.ts";
import { createSeal } from "../../layers/platform/credentials/seal.ts";
import { hashToken } from "../../layers/platform/credentials/secrets.ts";
import { insertKey } from "../../layers/store/identity/api-keys.ts";
import { findValid } from "../../layers/store/identity/credential-validity.ts";
import { acceptOrders } from "../../layers/store/orders/accept-orders.ts";
import { openDatabase, sql } from "../../layers/store/pg/database.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { asRole, TEST_MAIL_SECRET } from "../../layers/testing/http.ts";
import { testLogger } from "../../layers/testing/logger.ts";
import { order, usd } from "../../layers/testing/terms.ts";
import { until } from "../../layers/testing/until.ts";
import { administration, bid, REASON } from "../support/administration.ts";
import { unsettled } from "../support/stream.ts";

// The effects of a suspension and of a reactivation, on a real matcher.

const database = await testDatabase();
const { market, buyer, seller, act, refusal, staleOrder } = await administration(database);
const scheduler = openDatabase({
  url: asRole(database.url, "brokerx_scheduler"),
  poolSize: 2,
  applicationName: "test scheduler",
});
after(() => scheduler.end());
const { outboxNotifier } = market.deps;
const pass = createExpiry({
  ...{ database: scheduler, clock: systemClock, outboxNotifier, logger: testLogger() },
});
/** The scheduled pass would expire DAY orders when a test runs at midnight. */
const GTC = { timeInForce: "GTC" } as const;
const params = { client_id: buyer };

const newKey = async () => {
  const { keyId, secret } = newApiKey();
  const key = { keyId, clientId: buyer, secretHash: hashToken(secret), name: "bot" };
  const rights = { scopes: ["trade"], allowedIps: [], expiresAt: undefined } as const;
  await database.transaction((tx) =>
    insertKey(tx, { ...key, ...rights, createdAt: new Date() }, 50),
  );
  return { clientId: buyer, credential: { kind: "api_key", id: keyId } } as const;
};
const session = { clientId: buyer, credential: { kind: "session", id: buyer } } as const;

test("a suspension ends everything of a client, and a reactivation revives none of it", async () => {
  const key = await newKey();
  const theirs = await market.matched(await market.place(seller, order("sell", 1, "110.00", GTC)));
  const partly = await market.place(buyer, order("buy", 3, "95.00", GTC));
  await market.matched(partly);
  await market.over(await market.place(seller, order("sell", 1, "95.00")));
  const resting = await market.matched(await market.place(buyer, order("buy", 1, "90.00", GTC)));
  const replaced = await market.matched(
    await market.place(buyer, order("buy", 1, "90.00", { ...GTC, symbol: "MSFT" as Ticker })),
  );
  const late = await staleOrder(buyer);
  assert.equal((await findValid(database, [session, key])).size, 2);

  await act("suspendClient", { params, body: REASON });
  assert.equal((await findValid(database, [session, key])).size, 0);
  const [verdict] = await acceptOrders(database, [late]);
  assert.equal(verdict?.kind === "refused" && verdict.refusal.code, "client_not_active");
  assert.equal((await pass()).cancelled, 3);
  assert.equal((await pass()).cancelled, 0, "each cancel is requested once");
  for (const placed of [partly, resting, replaced]) {
    const { status, held, filledQuantity } = await market.over(placed);
    assert.deepEqual([status, held], ["cancelled", 0n]);
    assert.equal(filledQuantity, placed === partly ? 1 : 0);
  }
  assert.equal((await market.read(seller, theirs.orderId)).status, "working", "not the others'");

  await act("reactivateClient", { params, body: REASON });
  assert.equal((await findValid(database, [session, key])).size, 0);
  assert.equal((await market.read(buyer, resting.orderId)).status, "cancelled");
  assert.equal((await pass()).cancelled, 0);
  assert.equal(await refusal(bid()), "accepted", "the client may trade again");
});

test("no withdrawal begins after the suspension, and an order that waits for its market ends too", async () => {
  const closedDay = ((new Date().getUTCDay() + 3) % 7) + 1;
  await database.query(sql`
    insert into market.calendar (calendar, name, time_zone, opens_at, closes_at, weekdays)
    values ('SHUT', 'shut', 'UTC', '09:00', '17:00', array[${closedDay}]::smallint[])`);
  await act("createInstrument", {
    body: {
      instrument: {
        ...{ symbol: "SHUT", name: "Shut Inc.", tick_size: "0.01", max_quantity: 100 },
        ...{ max_notional: "50000", price_band_bps: 2_000, reference_price: "100.00" },
        calendar: "SHUT",
      },
    },
  });
  await until(
    async () => (await market.deps.reference.instrument("SHUT" as Ticker)) !== undefined,
    "the instrument is known",
  );
  const waiting = await market.place(
    buyer,
    order("buy", 1, "90.00", { ...GTC, symbol: "SHUT" as Ticker }),
  );
  await act("suspendClient", { params, body: REASON });
  const seal = createSeal(TEST_MAIL_SECRET);
  const outcome = await withdraw(
    { ...market.deps, seal },
    {
      ...{ clientId: buyer, key: "after the suspension", amount: usd("1"), currency: "USD" },
      correlationId: "test",
    },
  );
  assert.deepEqual(outcome, { ok: false, failure: { code: "client_not_active" } });
  assert.ok((await pass()).cancelled >= 1);
  assert.equal((await market.over(waiting)).status, "cancelled");
  // Other orders of the client are cancelled too, while the balances are compared.
  await until(async () => (await unsettled(database)) === 0, "every cancel is settled");
});
