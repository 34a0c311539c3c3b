import assert from "node:assert/strict";
import { test } from "node:test";
import { createInstrument, createTestClient } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { authorizationOf, invoke, useEnvironment } from "../../layers/testing/http.ts";
import { usd } from "../../layers/testing/terms.ts";

// No matcher runs here: an answer that waits for an outcome waits until its time is over.

const database = await testDatabase();
useEnvironment(database.url);
process.env["MAX_WAITS_PER_CLIENT"] = "1";
const { handler } = await import("../../functions/place-order/handler.ts");
const { deleteHandler } = await import("../../functions/cancel-order/handler.ts");
await createInstrument(database, "AAPL");
const client = await createTestClient(database, { cash: usd("10000") });
const authorization = await authorizationOf(client);

const ORDER = {
  ...{ symbol: "AAPL", order_type: "limit", direction: "buy", quantity: 1, price: "100" },
  time_in_force: "GTC",
};
const place = (name: string) =>
  invoke(handler, {
    body: { order: { ...ORDER, client_order_id: name } },
    headers: { authorization, prefer: "wait=5" },
  });

test("a client with as many waiting requests as allowed is answered at once, also for a cancel", async () => {
  let answered = 0;
  const both = ["one", "two"].map((name) =>
    place(name).then((reply) => {
      answered += 1;
      return reply;
    }),
  );
  const second = await Promise.race(both);
  const cancelled = await invoke(deleteHandler, {
    params: { id: String(second.json()["order_id"]) },
    headers: { authorization, prefer: "wait=5" },
  });
  assert.equal(cancelled.status, 202, cancelled.text);
  assert.equal(answered, 1, "the other request still waits");
  assert.deepEqual(
    (await Promise.all(both)).map(({ status }) => status),
    [201, 201],
  );
});
