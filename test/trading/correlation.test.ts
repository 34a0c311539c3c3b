import assert from "node:assert/strict";
import { test } from "node:test";
import { placeOrder } from "../../functions/place-order/place-order.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { createInstrument, createTestClient } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { order, usd } from "../../layers/testing/terms.ts";
import { until } from "../../layers/testing/until.ts";
import { exchange } from "../support/exchange.ts";

// The correlation id of a request is found again in every part that works on its order.

const database = await testDatabase();
await createInstrument(database, "AAPL");
const market = await exchange(database);
await market.start();
const buyer = await createTestClient(database, { cash: usd("1000") });

/** The lines of the matcher that name the correlation id. */
const linesWith = (correlationId: string) =>
  market.logger.lines.filter(({ facts }) =>
    ((facts as { correlationIds?: readonly string[] }).correlationIds ?? []).includes(
      correlationId,
    ),
  );

test("the id of a request is in the order, its command, its audit row and the matcher's log", async () => {
  const correlationId = "follow-me-1";
  const terms = order("buy", 1, "100");
  const placed = await placeOrder(market.deps, { clientId: buyer, terms, correlationId });
  assert.ok(placed.ok);
  market.deps.outboxNotifier.notify();
  const { orderId } = await market.matched(placed.value.order);
  const { rows } = await database.query(sql`
    select "order".correlation_id as "order", command->>'correlationId' as command,
      audit.correlation_id as audit
    from trading."order"
    join trading.command on command->>'orderId' = order_id::text
    join trading.audit on subject = order_id::text
    where order_id = ${orderId}`);
  assert.deepEqual(rows, [{ order: correlationId, command: correlationId, audit: correlationId }]);
  const isLogged = async () => linesWith(correlationId).length > 0;
  await until(isLogged, "the matcher has logged the command");
  const [line] = linesWith(correlationId);
  assert.deepEqual([line?.level, line?.event], ["debug", "commands settled"]);
});

test("the error that halts a symbol names the ids of the commands it could not settle", async () => {
  await database.query(sql`
    insert into trading.outbox (symbol, command)
    values ('AAPL', '{"type": "nonsense", "correlationId": "the-culprit"}')`);
  market.deps.outboxNotifier.notify();
  await until(async () => linesWith("the-culprit").length > 0, "the halt is logged");
  const [line] = linesWith("the-culprit");
  assert.deepEqual([line?.level, line?.event], ["error", "symbol halted by an error"]);
});
