import assert from "node:assert/strict";
import { after } from "node:test";
import { cancelOrder } from "../../functions/cancel-order/cancel-order.ts";
import { placeOrder } from "../../functions/place-order/place-order.ts";
import { replaceOrder } from "../../functions/replace-order/replace-order.ts";
import type { ClientId, OrderId } from "../../layers/domain/identifiers.ts";
import type { Change } from "../../layers/domain/orders/amendment.ts";
import { isTerminal, type Order, type OrderTerms } from "../../layers/domain/orders/order.ts";
import { systemClock } from "../../layers/platform/clock.ts";
import { newUuid } from "../../layers/platform/ids.ts";
import { createMetrics } from "../../layers/platform/metrics.ts";
import { createReferenceData } from "../../layers/store/market/reference-data.ts";
import { createOrderBatcher } from "../../layers/store/orders/order-batcher.ts";
import { findOrder } from "../../layers/store/orders/orders.ts";
import { createNotifier, OUTBOX_CHANNEL } from "../../layers/store/pg/notify.ts";
import type { TestDatabase } from "../../layers/testing/database.ts";
import { testLogger } from "../../layers/testing/logger.ts";
import { testQueue } from "../../layers/testing/queue.ts";
import { until } from "../../layers/testing/until.ts";
import { type Matcher, startMatcher } from "../../matcher/matcher.ts";

type OrderName = Pick<Order, "clientId" | "orderId">;

/** The use cases of the order path on a real database, without a matcher. */
export const createOrderPath = (database: TestDatabase) => {
  const outboxNotifier = createNotifier(database, OUTBOX_CHANNEL);
  const deps = {
    database,
    outboxNotifier,
    reference: createReferenceData(database),
    batcher: createOrderBatcher(database),
    newId: newUuid,
    clock: systemClock,
  };
  const place = async (clientId: ClientId, terms: OrderTerms): Promise<Order> => {
    const outcome = await placeOrder(deps, { clientId, terms, correlationId: "test" });
    assert.ok(outcome.ok, outcome.ok ? "" : `refused: ${outcome.failure.code}`);
    outboxNotifier.notify();
    return outcome.value.order;
  };
  const read = async (clientId: ClientId, orderId: OrderId): Promise<Order> => {
    const found = await findOrder(database, clientId, orderId);
    assert.ok(found !== undefined, `no order ${orderId}`);
    return found;
  };
  const when = async (
    { clientId, orderId }: Order,
    holds: (order: Order) => boolean,
  ): Promise<Order> => {
    await until(async () => holds(await read(clientId, orderId)), `order ${orderId}`);
    return read(clientId, orderId);
  };
  return {
    deps,
    place,
    read,
    /** The order once the matcher has seen it. */
    matched: (placed: Order) => when(placed, ({ status }) => status !== "new"),
    /** The order once it has ended. */
    over: (placed: Order) => when(placed, ({ status }) => isTerminal(status)),
    when,
    cancel: ({ clientId, orderId }: OrderName, version?: number, forMs = 1_000) =>
      cancelOrder(deps, { clientId, orderId, version, correlationId: "test", forMs }),
    /** Requests a replace of the given version of an order. */
    replace: (
      { clientId, orderId, lockVersion: version }: Order,
      change: Partial<Change>,
      forMs = 1_000,
    ) =>
      replaceOrder(deps, {
        ...{ clientId, orderId, version, correlationId: "test", forMs },
        change: { quantity: undefined, price: undefined, stopPrice: undefined, ...change },
      }),
  };
};

/** The order path with a real queue and a real matcher, which stops after the tests. */
export const exchange = async (database: TestDatabase) => {
  const queue = await testQueue();
  const logger = testLogger();
  const metrics = createMetrics();
  let matcher: Matcher | undefined;
  const start = async (): Promise<void> => {
    matcher = await startMatcher({
      ...{ database, bookDatabase: database, logger, metrics, clock: systemClock },
      queueOf: queue.queueOf,
      config: { databaseUrl: database.url, instance: "matcher" },
    });
  };
  const stop = async (): Promise<void> => {
    await matcher?.stop();
    matcher = undefined;
  };
  after(stop);
  return { ...createOrderPath(database), queue, logger, metrics, start, stop };
};
