import { assert } from "../../layers/domain/assert.ts";
import type { AmendmentId, ClientId, OrderId } from "../../layers/domain/identifiers.ts";
import {
  type Change,
  planReplacement,
  type Replacement,
  type ReplacementRefusal,
} from "../../layers/domain/orders/amendment.ts";
import { isTerminal, type Order } from "../../layers/domain/orders/order.ts";
import {
  checkClient,
  checkHold,
  checkLot,
  checkTick,
  refusalOf,
  refuseOrderRate,
} from "../../layers/domain/orders/pre-trade-check.ts";
import { accept, type Outcome, refuse } from "../../layers/domain/outcome.ts";
import type { Clock } from "../../layers/platform/clock.ts";
import type { NewId } from "../../layers/platform/ids.ts";
import { availableOf } from "../../layers/store/ledger/balances.ts";
import { listInstruments } from "../../layers/store/market/instruments.ts";
import type { ReferenceData } from "../../layers/store/market/reference-data.ts";
import { findAccount } from "../../layers/store/orders/accounts.ts";
import { findAmendment, requestReplace } from "../../layers/store/orders/amendments.ts";
import { awaitOutcome } from "../../layers/store/orders/await-order.ts";
import { findOrder, isWaiting } from "../../layers/store/orders/orders.ts";
import type { Database } from "../../layers/store/pg/database.ts";

type ReplaceRefusal =
  | ReplacementRefusal
  | { readonly code: "not_found" | "order_waiting" }
  | {
      readonly code: "invalid_state" | "version_conflict" | "change_in_flight";
      readonly order: Order;
    }
  | { readonly code: "replace_refused"; readonly reason: string; readonly order: Order };

/** The order after the matcher's decision, or still pending when there was none in time. */
export type Replaced = { readonly order: Order; readonly decided: boolean };

type Deps = {
  readonly database: Database;
  readonly reference: ReferenceData;
  readonly outboxNotifier: { readonly notify: () => void };
  readonly newId: NewId;
  readonly clock: Clock;
};

type Request = {
  readonly clientId: ClientId;
  readonly orderId: OrderId;
  /** The version that the client has seen. */
  readonly version: number;
  readonly change: Change;
  readonly correlationId: string;
  /** How long to wait for the matcher's decision, in milliseconds. */
  readonly forMs: number;
};

/**
 * Requests new terms from the matcher and waits for the outcome. The matcher decides the race with
 * fills. Until then the order keeps its terms, and the extra amount for the new terms is already
 * held.
 */
export const replaceOrder = async (
  deps: Deps,
  request: Request,
): Promise<Outcome<Replaced, ReplaceRefusal>> => {
  const { clientId, orderId, version, correlationId } = request;
  const order = await findOrder(deps.database, clientId, orderId);
  const refusal = stateRefusal(order, version);
  if (order === undefined || refusal !== undefined) return refuse(refusal ?? NOT_FOUND);

  const plan = await decide(deps, order, request.change);
  if (!plan.ok) {
    const waits =
      plan.failure.code === "market_closed" && (await isWaiting(deps.database, orderId));
    return waits ? refuse({ code: "order_waiting" }) : plan;
  }

  const amendmentId = deps.newId() as AmendmentId;
  const replacement = plan.value;
  const asked = { order, amendmentId, replacement, correlationId };
  const verdict = await requestReplace(deps.database, asked);
  if (verdict === "not_held") return refuse(await unaffordable(deps, order, replacement));
  if (verdict === "too_many" || verdict === "not_active")
    return refuse(await accountRefusal(deps, clientId));
  if (verdict === "off_tick_or_lot")
    return refuse(await tickOrLotRefusal(deps, order, replacement));
  if (verdict === "changed") {
    const now = await findOrder(deps.database, clientId, orderId);
    return refuse(stateRefusal(now, version) ?? { code: "order_waiting" });
  }
  deps.outboxNotifier.notify();
  return outcomeOf(deps, request, amendmentId);
};

const NOT_FOUND = { code: "not_found" } as const;

/** Why the order cannot be replaced now; undefined when it can. */
const stateRefusal = (order: Order | undefined, version: number): ReplaceRefusal | undefined => {
  if (order === undefined) return NOT_FOUND;
  if (isTerminal(order.status)) return { code: "invalid_state", order };
  if (version !== order.lockVersion) return { code: "version_conflict", order };
  if (order.pendingAction !== undefined) return { code: "change_in_flight", order };
  return undefined;
};

const decide = async (
  { reference, clock }: Deps,
  order: Order,
  change: Change,
): Promise<Outcome<Replacement, ReplacementRefusal>> => {
  const facts = await reference.orderFacts(order.clientId, order.symbol);
  return planReplacement(order, change, { ...facts, now: clock() });
};

const unaffordable = async (
  { database }: Deps,
  { clientId, direction }: Order,
  { holdAsset, extraHeld }: Replacement,
): Promise<ReplaceRefusal> => {
  const available = await availableOf(database, clientId, holdAsset);
  return refusalOf(checkHold(direction, extraHeld, available));
};

/** Why the client may send no replace now: it may not trade, or has sent too many orders. */
const accountRefusal = async ({ database }: Deps, clientId: ClientId): Promise<ReplaceRefusal> => {
  const account = await findAccount(database, clientId);
  const active = checkClient(account?.status);
  return account === undefined || !active.ok ? refusalOf(active) : refuseOrderRate(account);
};

/** Why new terms that were checked with an earlier tick or lot size are refused. */
const tickOrLotRefusal = async (
  { database }: Deps,
  { symbol }: Order,
  { after, collarPrice }: Replacement,
): Promise<ReplaceRefusal> => {
  const instrument = (await listInstruments(database)).find((listed) => listed.symbol === symbol);
  assert(instrument !== undefined, `${symbol} is listed`);
  const { quantity, stopPrice } = after;
  const lot = checkLot(instrument.lotSize, quantity);
  const prices = stopPrice === undefined ? [collarPrice] : [collarPrice, stopPrice];
  return refusalOf(lot.ok ? checkTick(instrument.tickSize, prices) : lot);
};

const outcomeOf = async (
  { database }: Deps,
  { clientId, orderId, forMs }: Request,
  amendmentId: AmendmentId,
): Promise<Outcome<Replaced, ReplaceRefusal>> => {
  const amendment = await awaitOutcome(() => findAmendment(database, amendmentId), {
    until: ({ status }) => status !== "requested",
    forMs,
  });
  const order = await findOrder(database, clientId, orderId);
  if (order === undefined || amendment === undefined) return refuse(NOT_FOUND);
  if (amendment.status !== "refused")
    return accept({ order, decided: amendment.status === "applied" });
  if (isTerminal(order.status)) return refuse({ code: "invalid_state", order });
  return refuse({ code: "replace_refused", reason: amendment.reason ?? "unknown", order });
};
