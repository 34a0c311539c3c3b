import assert from "node:assert/strict";
import { after, before } from "node:test";
import { placeOrder } from "../../functions/place-order/place-order.ts";
import type { ClientId, OrderId, Ticker } from "../../layers/domain/identifiers.ts";
import type { OrderTerms } from "../../layers/domain/orders/order.ts";
import { checkOrder } from "../../layers/domain/orders/pre-trade.ts";
import { newUuid } from "../../layers/platform/ids.ts";
import type { NewOrder } from "../../layers/store/orders/accept-orders.ts";
import { createInstrument, createTestClient } from "../../layers/testing/clients.ts";
import type { TestDatabase } from "../../layers/testing/database.ts";
import {
  asRole,
  authorizationOf,
  invoke,
  type Reply,
  useEnvironment,
} from "../../layers/testing/http.ts";
import { order, usd } from "../../layers/testing/terms.ts";
import { until } from "../../layers/testing/until.ts";
import { exchange } from "./exchange.ts";
import { loadAdminRoutes } from "./routes.ts";

export type Ask = Parameters<typeof invoke>[1];

export const REASON = { reason: "a test" };
/** A valid body for `createInstrument`. */
export const INSTRUMENT = {
  ...{ symbol: "NEW", name: "New Corp.", tick_size: "0.01", max_quantity: 100 },
  ...{ max_notional: "5000.00", price_band_bps: 1_000, reference_price: "10.00" },
};
export const AAPL = { symbol: "AAPL" as Ticker };

/** A bid that rests below any ask of these tests. */
export const bid = (symbol = "AAPL") => order("buy", 1, "90.00", { symbol: symbol as Ticker });

/**
 * An operator at the routes of the admin service, with its database role, and a market of AAPL and
 * MSFT on a real matcher with a buyer and a seller. The market runs from the first test to the
 * last.
 */
export const administration = async (database: TestDatabase) => {
  useEnvironment(asRole(database.url, "brokerx_admin"));
  const routes = await loadAdminRoutes();
  const market = await exchange(database);
  const admin = await createTestClient(database, { roles: ["admin"] });
  const buyer = await createTestClient(database, { cash: usd("1000000") });
  const seller = await createTestClient(database, { shares: { AAPL: 1_000, MSFT: 1_000 } });
  const adminToken = await authorizationOf(admin, ["admin"]);
  before(async () => {
    for (const symbol of ["AAPL", "MSFT"]) await createInstrument(database, symbol);
    await market.start();
  });
  after(() => market.stop());

  /** A request of the administrator, or of another client. */
  const ask = async (
    operation: string,
    request: Ask = {},
    authorization = adminToken,
  ): Promise<Reply> => {
    const route = routes[operation];
    assert.ok(route !== undefined, operation);
    const headers = { authorization, ...request.headers };
    return invoke(route.handler, { method: route.contract.method, ...request, headers });
  };

  /** An administrator's request that must succeed. */
  const act = async (operation: string, request: Ask = {}): Promise<Record<string, unknown>> => {
    const reply = await ask(operation, request);
    assert.ok(reply.status < 300, reply.text);
    return reply.json();
  };

  /** The code and value with which a client's order is refused; `accepted` when it is not. */
  const refusal = async (terms: OrderTerms, clientId = buyer): Promise<string> => {
    const outcome = await placeOrder(market.deps, { clientId, terms, correlationId: "test" });
    if (outcome.ok) return "accepted";
    const { failure } = outcome;
    return "value" in failure ? `${failure.code} ${failure.value}` : failure.code;
  };

  /** Waits until an order gets this answer; returns how long that took, in milliseconds. */
  const becomes = async (wanted: RegExp, terms: () => OrderTerms, clientId = buyer) => {
    const started = performance.now();
    let said = "";
    await until(async () => {
      said = await refusal(terms(), clientId);
      return wanted.test(said);
    }, `an order is answered ${wanted}`);
    return performance.now() - started;
  };

  /** An order as a process accepts it that has not read an operator's latest change yet. */
  const staleOrder = async (clientId: ClientId, terms = bid()): Promise<NewOrder> => {
    const facts = await market.deps.reference.orderFacts(clientId, terms.symbol);
    const instrument = facts.instrument && { ...facts.instrument, status: "trading" as const };
    const decision = checkOrder({
      ...facts,
      instrument,
      stoppedBy: undefined,
      terms,
      now: new Date(),
    });
    assert.ok(decision.ok);
    const orderId = newUuid() as OrderId;
    const intent = decision.value;
    return {
      ...{ orderId, clientId, terms, intent, fingerprint: Buffer.alloc(32), correlationId: "test" },
      waits: false,
      endsAt: undefined,
      duplicateWindowMs: 0,
    };
  };

  return { routes, market, admin, buyer, seller, ask, act, refusal, becomes, staleOrder };
};
