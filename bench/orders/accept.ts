import assert from "node:assert/strict";
import type { ClientId } from "../../layers/domain/identifiers.ts";
import { createOrderBatcher, type OrderBatcher } from "../../layers/store/orders/order-batcher.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { type Market, openBatcher } from "./market.ts";
import { compare, type Paired, type Turns } from "./paired.ts";
import type { Pgbench } from "./pgbench.ts";

const YARDSTICK_CLIENTS = 32;

/** Accepting single orders and batches, against simple updates over 32 connections. */
export const benchAccept = async (
  market: Market,
  url: string,
  pgbench: Pgbench,
  turns: Turns,
): Promise<readonly Paired[]> => {
  const { clients, broke } = market;
  const anybody = (): ClientId => pick(clients);
  const halfBroke = (): ClientId => (Math.random() < 0.5 ? broke : pick(clients));
  const [hot = broke] = clients;
  const shared = createOrderBatcher(market.database);
  const singles: Awaited<ReturnType<typeof openBatcher>>[] = [];
  for (let index = 0; index < YARDSTICK_CLIENTS; index += 1) singles.push(await openBatcher(url));
  const simpleUpdate = (seconds: number) => pgbench.simpleUpdate(YARDSTICK_CLIENTS, seconds);
  const hotRow = (seconds: number) => pgbench.hotRow(YARDSTICK_CLIENTS, seconds);
  const together = (inFlight: number, pickClient: () => ClientId) => (seconds: number) =>
    keepPlacing(
      market,
      Array.from({ length: inFlight }, () => shared),
      pickClient,
      seconds,
    );
  const alone = (seconds: number) =>
    keepPlacing(
      market,
      singles.map(({ batcher }) => batcher),
      anybody,
      seconds,
    );
  const contests = [
    ["32 connections, each order alone", alone, "pgbench -N", simpleUpdate],
    ["one process, 32 in flight", together(32, anybody), "pgbench -N", simpleUpdate],
    ["one process, 256 in flight", together(256, anybody), "pgbench -N", simpleUpdate],
    ["256 in flight, half of them refused", together(256, halfBroke), "pgbench -N", simpleUpdate],
    ["one hot account, 256 in flight", together(256, () => hot), "pgbench -N", simpleUpdate],
    ["one hot account, 256 in flight", together(256, () => hot), "one hot row", hotRow],
  ] as const;
  const results: Paired[] = [];
  try {
    // Plans are made for the size of a table at its last analysis, which must not be empty.
    await together(256, anybody)(2);
    await market.database.query(sql`analyze`);
    for (const [what, ours, against, theirs] of contests)
      results.push(await compare({ what, ours, against, theirs }, turns));
  } finally {
    await Promise.all(singles.map(({ end }) => end()));
  }
  return results;
};

const pick = (clients: readonly ClientId[]): ClientId => {
  const client = clients[Math.floor(Math.random() * clients.length)];
  assert.ok(client !== undefined);
  return client;
};

/**
 * One caller for each batcher, which places the next order after the answer to the last. Returns
 * orders a second.
 */
const keepPlacing = async (
  market: Market,
  batchers: readonly OrderBatcher[],
  pickClient: () => ClientId,
  seconds: number,
): Promise<number> => {
  const begun = performance.now();
  let answers = 0;
  const caller = async (batcher: OrderBatcher): Promise<void> => {
    while (performance.now() - begun < seconds * 1_000) {
      const clientId = pickClient();
      const outcome = await market.place(batcher, clientId);
      assert.equal(outcome, clientId === market.broke ? "insufficient_funds" : "placed");
      answers += 1;
    }
  };
  await Promise.all(batchers.map(caller));
  return (answers * 1_000) / (performance.now() - begun);
};
