import type { ClientId, OrderId } from "../../layers/domain/identifiers.ts";
import { isTerminal, type Order } from "../../layers/domain/orders/order.ts";
import { accept, type Outcome, refuse } from "../../layers/domain/outcome.ts";
import { awaitOrder } from "../../layers/store/orders/await-order.ts";
import { findOrder, requestCancel } from "../../layers/store/orders/orders.ts";
import type { Executor } from "../../layers/store/pg/database.ts";

export type CancelRefusal =
  | { readonly code: "not_found" }
  | { readonly code: "version_conflict"; readonly order: Order }
  | { readonly code: "invalid_state"; readonly order: Order };

/** The order after the matcher's decision, or still pending when there was none in time. */
export type CancelResult = { readonly order: Order; readonly decided: boolean };

/**
 * Requests a cancel from the matcher and waits for the outcome. The matcher decides the race with
 * fills: an order that was filled first is refused here with `invalid_state`.
 */
export const cancelOrder = async (
  deps: { readonly database: Executor; readonly outboxNotifier: { readonly notify: () => void } },
  request: {
    readonly clientId: ClientId;
    readonly orderId: OrderId;
    /** The version that the client has seen; undefined cancels any version. */
    readonly version: number | undefined;
    readonly correlationId: string;
    /** How long to wait for the matcher's decision, in milliseconds. */
    readonly forMs: number;
  },
): Promise<Outcome<CancelResult, CancelRefusal>> => {
  const { clientId, orderId } = request;
  const requested = await requestCancel(deps.database, {
    ...request,
    command: { type: "cancel", orderId, clientId },
  });
  if (requested) deps.outboxNotifier.notify();
  else {
    const refusal = await refusalOf(deps.database, request);
    if (refusal !== undefined) return refuse(refusal);
  }
  const order = await awaitOrder(deps.database, clientId, orderId, {
    until: ({ status }) => isTerminal(status),
    forMs: request.forMs,
  });
  if (order === undefined) return refuse({ code: "not_found" });
  if (!isTerminal(order.status)) return accept({ order, decided: false });
  return order.status === "cancelled"
    ? accept({ order, decided: true })
    : refuse({ code: "invalid_state", order });
};

/** Why nothing was requested; undefined when a cancel is already pending. */
const refusalOf = async (
  database: Executor,
  request: {
    readonly clientId: ClientId;
    readonly orderId: OrderId;
    readonly version: number | undefined;
  },
): Promise<CancelRefusal | undefined> => {
  const order = await findOrder(database, request.clientId, request.orderId);
  if (order === undefined) return { code: "not_found" };
  if (isTerminal(order.status)) return { code: "invalid_state", order };
  if (request.version !== undefined && request.version !== order.lockVersion)
    return { code: "version_conflict", order };
  return undefined;
};
