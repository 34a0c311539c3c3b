import { setTimeout as delay } from "node:timers/promises";
import type { ClientId, OrderId } from "../../domain/identifiers.ts";
import type { Order } from "../../domain/orders/order.ts";
import type { Executor } from "../pg/database.ts";
import { findOrder } from "./orders.ts";

const FIRST_LOOK_MS = 4;
const SLOWEST_LOOK_MS = 50;

/**
 * Reads a value until it fulfils the condition, no longer exists, or the time is over, and returns
 * the last value. Reads often at first, then less and less. It only reads, so it works on any
 * instance.
 */
export const awaitOutcome = async <Seen>(
  look: () => Promise<Seen | undefined>,
  wanted: { readonly until: (seen: Seen) => boolean; readonly forMs: number },
): Promise<Seen | undefined> => {
  const deadline = performance.now() + wanted.forMs;
  let pauseMs = FIRST_LOOK_MS;
  for (;;) {
    const seen = await look();
    const leftMs = deadline - performance.now();
    if (seen === undefined || wanted.until(seen) || leftMs <= 0) return seen;
    await delay(Math.min(pauseMs, leftMs));
    pauseMs = Math.min(pauseMs * 1.5, SLOWEST_LOOK_MS);
  }
};

/** Reads an order until it fulfils the condition or the time is over. */
export const awaitOrder = (
  db: Executor,
  clientId: ClientId,
  orderId: OrderId,
  wanted: { readonly until: (order: Order) => boolean; readonly forMs: number },
): Promise<Order | undefined> => awaitOutcome(() => findOrder(db, clientId, orderId), wanted);
