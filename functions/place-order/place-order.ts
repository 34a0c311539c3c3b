import type { ClientId, OrderId } from "../../layers/domain/identifiers.ts";
import type { Order, OrderTerms } from "../../layers/domain/order.ts";
import { accept, type Outcome, refuse } from "../../layers/domain/outcome.ts";
import { checkOrder, type Intent, type PreTradeRefusal } from "../../layers/domain/pre-trade.ts";
import { formatMoney } from "../../layers/domain/units.ts";
import { fingerprint } from "../../layers/platform/fingerprint.ts";
import type { NewId } from "../../layers/platform/ids.ts";
import {
  type AcceptRefusal,
  acceptOrders,
  type NewOrder,
} from "../../layers/store/accept-orders.ts";
import { findAccount, lockAccount } from "../../layers/store/accounts.ts";
import { availableOf } from "../../layers/store/balances.ts";
import type { Database } from "../../layers/store/database.ts";
import type { OrderIntake, PlaceVerdict } from "../../layers/store/order-intake.ts";
import * as orders from "../../layers/store/orders.ts";
import type { ReferenceData } from "../../layers/store/reference-data.ts";

export type PlaceRefusal = PreTradeRefusal | { readonly code: "client_order_id_conflict" };

export type Placed = { readonly order: Order; readonly replayed: boolean };

type Deps = {
  readonly database: Database;
  readonly intake: OrderIntake;
  readonly reference: ReferenceData;
  readonly newId: NewId;
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
export const placeOrder = async (
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

const fingerprintOf = ({ clientOrderId: _, ...terms }: OrderTerms): Buffer => fingerprint(terms);

const decideAndWrite = async (
  deps: Deps,
  { clientId, terms, correlationId }: Request,
  print: Buffer,
): Promise<Outcome<Order, PlaceRefusal>> => {
  const [account, instrument] = await Promise.all([
    deps.reference.account(clientId),
    deps.reference.instrument(terms.symbol),
  ]);
  const decision = checkOrder(terms, account, instrument);
  if (!decision.ok) return decision;

  const intent = decision.value;
  const orderId = deps.newId() as OrderId;
  const { direction, orderType, quantity, timeInForce, postOnly, selfTradePrevention } = terms;
  const written = await write(deps, {
    ...{ orderId, clientId, terms, intent, fingerprint: print, correlationId },
    command: {
      type: "place",
      ...{ orderId, clientId, direction, orderType, quantity, price: intent.worstPrice },
      ...{ timeInForce, postOnly, selfTradePrevention },
    },
  });
  if (written.verdict === "placed") return accept(written.order);
  if (written.verdict === "client_order_id_taken")
    return refuse({ code: "client_order_id_conflict" });
  return refuse(await explain(deps.database, clientId, terms, intent, written.verdict));
};

type Verdict = PlaceVerdict | { readonly verdict: "duplicate" };

/** With an id of the client's own, together with others; without, under the account's lock. */
const write = ({ database, intake }: Deps, order: NewOrder): Promise<Verdict> =>
  order.terms.clientOrderId === undefined ? writeUnnamed(database, order) : intake.place(order);

/** The account's lock makes the orders of one client come one after the other, so twins are seen. */
const writeUnnamed = async (database: Database, order: NewOrder): Promise<Verdict> => {
  try {
    return await database.transaction(async (tx): Promise<Verdict> => {
      await lockAccount(tx, order.clientId);
      if (await orders.hasTwin(tx, order.clientId, order.terms)) return { verdict: "duplicate" };
      const accepted = await acceptOrders(tx, [order]);
      if (typeof accepted === "string") throw new NotAccepted(accepted);
      const [placed] = accepted;
      return placed === undefined ? { verdict: "not_held" } : { verdict: "placed", order: placed };
    });
  } catch (error) {
    if (error instanceof NotAccepted) return { verdict: error.refusal };
    throw error;
  }
};

/** Leaves a transaction whose statement was refused, so that it rolls back. */
class NotAccepted extends Error {
  readonly refusal: AcceptRefusal;
  constructor(refusal: AcceptRefusal) {
    super(refusal);
    this.refusal = refusal;
  }
}

const explain = async (
  database: Database,
  clientId: ClientId,
  terms: OrderTerms,
  intent: Intent,
  verdict: "not_counted" | "not_held" | "duplicate",
): Promise<PreTradeRefusal> => {
  if (verdict === "duplicate")
    return { code: "duplicate_order", check: "duplicate", limit: "one a second", value: "two" };
  if (verdict === "not_counted") return explainUncounted(database, clientId);
  const available = await availableOf(database, clientId, intent.holdAsset);
  const buying = terms.direction === "buy";
  const show = (amount: bigint) => (buying ? formatMoney(amount) : amount.toString());
  return {
    code: buying ? "insufficient_funds" : "insufficient_shares",
    check: buying ? "buying_power" : "shares_available",
    limit: show(available),
    value: show(intent.holdAmount),
  };
};

const explainUncounted = async (
  database: Database,
  clientId: ClientId,
): Promise<PreTradeRefusal> => {
  const account = await findAccount(database, clientId);
  if (account?.status !== "active")
    return {
      code: "client_not_active",
      check: "client_active",
      limit: "active",
      value: account?.status ?? "not a client",
    };
  return {
    code: "open_order_limit",
    check: "open_orders",
    limit: String(account.maxOpenOrders),
    value: String(account.openOrders + 1),
  };
};
