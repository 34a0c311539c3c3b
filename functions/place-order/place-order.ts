import { unreachable } from "../../layers/domain/assert.ts";
import type { ClientId, OrderId } from "../../layers/domain/identifiers.ts";
import { isOpenAt } from "../../layers/domain/market/session.ts";
import type { Order, OrderTerms } from "../../layers/domain/orders/order.ts";
import { endOf } from "../../layers/domain/orders/order-end.ts";
import { checkOrder } from "../../layers/domain/orders/pre-trade.ts";
import type { PreTradeRefusal } from "../../layers/domain/orders/pre-trade-check.ts";
import { accept, type Outcome, refuse } from "../../layers/domain/outcome.ts";
import type { Clock } from "../../layers/platform/clock.ts";
import { fingerprint } from "../../layers/platform/fingerprint.ts";
import type { NewId } from "../../layers/platform/ids.ts";
import { traceparentHere } from "../../layers/platform/tracing/tracing.ts";
import type { ReferenceData } from "../../layers/store/market/reference-data.ts";
import type { OrderBatcher } from "../../layers/store/orders/order-batcher.ts";
import * as orders from "../../layers/store/orders/orders.ts";
import type { Database } from "../../layers/store/pg/database.ts";

export type PlaceRefusal = PreTradeRefusal | { readonly code: "client_order_id_conflict" };

export type Placed = { readonly order: Order; readonly replayed: boolean };

type Deps = {
  readonly database: Database;
  readonly batcher: OrderBatcher;
  readonly reference: ReferenceData;
  readonly newId: NewId;
  readonly clock: Clock;
};

type Request = {
  readonly clientId: ClientId;
  readonly terms: OrderTerms;
  readonly correlationId: string;
};

/**
 * Accepts an order: checks it against reference data, then lets the database decide the checks that
 * need a lock, and write the order. A client_order_id that was used before is not checked again:
 * the result is the existing order, or a conflict when its terms differ.
 */
export const placeOrder = (deps: Deps, request: Request): Promise<Outcome<Placed, PlaceRefusal>> =>
  deps.batcher.admit(() => placeAdmitted(deps, request));

const placeAdmitted = async (
  deps: Deps,
  request: Request,
): Promise<Outcome<Placed, PlaceRefusal>> => {
  const { clientId, terms } = request;
  const print = fingerprintOf(terms);
  const outcome = await decideAndWrite(deps, request, print);
  if (outcome.ok) return accept({ order: outcome.value, replayed: false });
  if (terms.clientOrderId === undefined) return outcome;

  const former = await orders.findByClientOrderId(deps.database, clientId, terms.clientOrderId);
  if (former === undefined) return outcome;
  if (!former.fingerprint.equals(print)) return refuse({ code: "client_order_id_conflict" });
  return accept({ order: former.order, replayed: true });
};

const fingerprintOf = ({ clientOrderId: _, expiresAt, ...terms }: OrderTerms): Buffer =>
  fingerprint({ ...terms, expiresAt: expiresAt?.toISOString() });

const decideAndWrite = async (
  deps: Deps,
  { clientId, terms, correlationId }: Request,
  print: Buffer,
): Promise<Outcome<Order, PlaceRefusal>> => {
  const facts = await deps.reference.orderFacts(clientId, terms.symbol);
  const now = deps.clock();
  const decision = checkOrder({ ...facts, terms, now });
  if (!decision.ok) return decision;

  const intent = decision.value;
  const orderId = deps.newId() as OrderId;
  const verdict = await deps.batcher.place({
    ...{ orderId, clientId, terms, intent, fingerprint: print, correlationId },
    endsAt: endOf(terms, facts.sessions, now),
    duplicateWindowMs: facts.instrument?.duplicateWindowMs ?? 0,
    waits: facts.sessions !== undefined && !isOpenAt(facts.sessions, now),
    traceparent: traceparentHere(),
  });
  switch (verdict.kind) {
    case "accepted":
      return accept(verdict.order);
    case "known":
      return refuse({ code: "client_order_id_conflict" });
    case "refused":
      return refuse(verdict.refusal);
    default:
      return unreachable(verdict);
  }
};
