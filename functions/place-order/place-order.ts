import { unreachable } from "../../layers/domain/assert.ts";
import type { ClientId, OrderId, Ticker } from "../../layers/domain/identifiers.ts";
import { isOpenAt } from "../../layers/domain/market/session.ts";
import { stoppedBy } from "../../layers/domain/orders/control.ts";
import type { Order, OrderTerms } from "../../layers/domain/orders/order.ts";
import { checkOrder } from "../../layers/domain/orders/pre-trade.ts";
import {
  checkClient,
  checkHold,
  checkKillSwitch,
  checkOpenOrders,
  checkTwin,
  type PreTradeRefusal,
  refusalOf,
} from "../../layers/domain/orders/pre-trade-check.ts";
import { accept, type Outcome, refuse } from "../../layers/domain/outcome.ts";
import type { Clock } from "../../layers/platform/clock.ts";
import { fingerprint } from "../../layers/platform/fingerprint.ts";
import type { NewId } from "../../layers/platform/ids.ts";
import { traceparentHere } from "../../layers/platform/tracing/tracing.ts";
import type { ReferenceData } from "../../layers/store/market/reference-data.ts";
import type { AcceptRefusal, NewOrder } from "../../layers/store/orders/accept-orders.ts";
import { findAccount } from "../../layers/store/orders/accounts.ts";
import { listKillSwitches } from "../../layers/store/orders/controls.ts";
import type { OrderIntake } from "../../layers/store/orders/order-intake.ts";
import * as orders from "../../layers/store/orders/orders.ts";
import type { Database } from "../../layers/store/pg/database.ts";

export type PlaceRefusal = PreTradeRefusal | { readonly code: "client_order_id_conflict" };

export type Placed = { readonly order: Order; readonly replayed: boolean };

type Deps = {
  readonly database: Database;
  readonly intake: OrderIntake;
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
 * Accepts an order: decides with what it read, then writes with one guarded statement. An order
 * whose client_order_id was used before is never judged anew: it is the order it was.
 */
export const placeOrder = (deps: Deps, request: Request): Promise<Outcome<Placed, PlaceRefusal>> =>
  deps.intake.admit(() => placeAdmitted(deps, request));

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
  const { direction, orderType, quantity, stopPrice, timeInForce, postOnly } = terms;
  const order: NewOrder = {
    ...{ orderId, clientId, terms, intent, fingerprint: print, correlationId },
    twinWindowMs: facts.instrument?.duplicateWindowMs ?? 0,
    waits: facts.sessions !== undefined && !isOpenAt(facts.sessions, now),
    command: {
      type: "place",
      ...{ orderId, clientId, direction, orderType, quantity, price: intent.worstPrice },
      ...{ stopPrice, timeInForce, postOnly, selfTradePrevention: terms.selfTradePrevention },
      traceparent: traceparentHere(),
    },
  };
  const placed = await deps.intake.place(order);
  if (placed.verdict === "placed") return accept(placed.order);
  return refuse(await explain(deps.database, order, placed));
};

/** Why the statement that writes refused: what it saw and the checks before it could not. */
const explain = async (
  database: Database,
  { clientId, terms, intent, twinWindowMs }: NewOrder,
  refusal: AcceptRefusal,
): Promise<PlaceRefusal> => {
  switch (refusal.verdict) {
    case "client_order_id_taken":
      return { code: "client_order_id_conflict" };
    case "duplicate":
      return refusalOf(checkTwin(true, twinWindowMs));
    case "not_held":
      return refusalOf(checkHold(terms.direction, intent.holdAmount, refusal.available));
    case "not_counted":
      return explainUncounted(database, clientId, terms.symbol);
    default:
      return unreachable(refusal);
  }
};

/** The account or a kill switch forbids it: told from a fresh look. */
const explainUncounted = async (
  database: Database,
  clientId: ClientId,
  symbol: Ticker,
): Promise<PreTradeRefusal> => {
  const [account, killSwitches] = await Promise.all([
    findAccount(database, clientId),
    listKillSwitches(database),
  ]);
  if (account?.status !== "active") return refusalOf(checkClient(account?.status));
  const stopped = checkKillSwitch(stoppedBy(killSwitches, { clientId, symbol }));
  return refusalOf(stopped.ok ? checkOpenOrders(account) : stopped);
};
