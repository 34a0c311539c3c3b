import type { ClientId, OrderId, Ticker } from "../../layers/domain/identifiers.ts";
import { isTerminal, type Order } from "../../layers/domain/orders/order.ts";
import { awaitOutcome } from "../../layers/store/orders/await-order.ts";
import { findOrders, listOrders, requestCancel } from "../../layers/store/orders/orders.ts";
import type { Executor } from "../../layers/store/pg/database.ts";

/** The orders as last read, newest first; `more` when the client had more than one call cancels. */
type CancelledOrders = { readonly orders: readonly Order[]; readonly more: boolean };

const CANCELLED_AT_ONCE = 500;
/** One statement for each order: locking several rows at once could deadlock with a settlement. */
const SIDE_BY_SIDE = 8;

/**
 * Requests the cancel of every open order of the client, or of those in one symbol, and waits for
 * all outcomes together. An order that is filled first does not affect the others.
 */
export const cancelOrders = async (
  deps: { readonly database: Executor; readonly outboxNotifier: { readonly notify: () => void } },
  request: {
    readonly clientId: ClientId;
    readonly symbol: Ticker | undefined;
    readonly correlationId: string;
    /** How long to wait for the matcher's decisions, in milliseconds. */
    readonly forMs: number;
  },
): Promise<CancelledOrders> => {
  const { clientId, symbol, correlationId, forMs } = request;
  const open = await listOrders(deps.database, clientId, {
    ...{ status: "open", symbol, after: undefined, limit: CANCELLED_AT_ONCE + 1 },
  });
  const orderIds = open.slice(0, CANCELLED_AT_ONCE).map(({ orderId }) => orderId);
  for (let first = 0; first < orderIds.length; first += SIDE_BY_SIDE) {
    const group = orderIds.slice(first, first + SIDE_BY_SIDE);
    await Promise.all(group.map((orderId) => ask(deps.database, clientId, orderId, correlationId)));
    deps.outboxNotifier.notify();
  }
  const seen = await awaitOutcome(() => findOrders(deps.database, clientId, orderIds), {
    until: (orders) => orders.every(({ status }) => isTerminal(status)),
    forMs,
  });
  const orders = (seen ?? []).toSorted((a, b) => (a.orderId < b.orderId ? 1 : -1));
  return { orders, more: open.length > CANCELLED_AT_ONCE };
};

const ask = (
  database: Executor,
  clientId: ClientId,
  orderId: OrderId,
  correlationId: string,
): Promise<boolean> =>
  requestCancel(database, {
    ...{ clientId, orderId, correlationId, version: undefined },
    command: { type: "cancel", orderId, clientId },
  });
