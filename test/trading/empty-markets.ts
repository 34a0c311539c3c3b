import assert from "node:assert/strict";
import type { ClientId, Ticker } from "../../layers/domain/identifiers.ts";
import type { Order, OrderTerms } from "../../layers/domain/orders/order.ts";
import { listAmendments } from "../../layers/store/orders/amendments.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { createInstrument, createTestClient } from "../../layers/testing/clients.ts";
import type { TestDatabase } from "../../layers/testing/database.ts";
import { order, usd } from "../../layers/testing/terms.ts";
import { exchange } from "../support/exchange.ts";

/** A symbol for each test, so that each finds an empty book. */
const SYMBOLS = Array.from({ length: 20 }, (_, index) => `T${String.fromCharCode(65 + index)}`);

/** A real exchange in which each test opens an empty market, and what the tests read of it. */
export const startMarkets = async (database: TestDatabase) => {
  const market = await exchange(database);
  for (const symbol of SYMBOLS) await createInstrument(database, symbol);
  await market.start();
  const unused = [...SYMBOLS];

  /**
   * The market of a test: a buyer and a seller with enough cash and shares, and functions to place
   * orders.
   */
  const openMarket = async () => {
    const symbol = unused.pop() as Ticker;
    const seller = await createTestClient(database, { shares: { [symbol]: 1_000 } });
    const buyer = await createTestClient(database, { cash: usd("100000") });
    const place = (client: ClientId, terms: OrderTerms) =>
      market.place(client, { ...terms, symbol });
    return {
      symbol,
      seller,
      buyer,
      sell: (quantity: number, price?: string, rest: Partial<OrderTerms> = {}) =>
        place(seller, order("sell", quantity, price, rest)),
      buy: (quantity: number, price?: string, rest: Partial<OrderTerms> = {}) =>
        place(buyer, order("buy", quantity, price, rest)),
    };
  };

  const resting = (placed: Order) => market.matched(placed);

  const replaced = async (
    resting: Order,
    change: Parameters<typeof market.replace>[1],
  ): Promise<Order> => {
    const outcome = await market.replace(resting, change);
    assert.ok(outcome.ok, outcome.ok ? "" : outcome.failure.code);
    assert.ok(outcome.value.decided, "the matcher did not answer in time");
    return outcome.value.order;
  };

  const amendmentsOf = ({ orderId }: Order) =>
    listAmendments(database, orderId, { after: undefined, limit: 10 });

  const tradesOf = async ({ orderId }: Order) => {
    const { rows } = await database.query<{ price: bigint; quantity: bigint }>(sql`
      select price, quantity from trading.trade
      where maker_order_id = ${orderId} or taker_order_id = ${orderId} order by seq, trade_id`);
    return rows.map(({ price, quantity }) => [price, Number(quantity)]);
  };

  const cashOf = async (client: ClientId) => {
    const { rows } = await database.query<{ available: bigint; held: bigint }>(sql`
      select available, held from ledger.balance where client_id = ${client} and asset = 'USD'`);
    return rows[0];
  };

  return { market, openMarket, resting, replaced, amendmentsOf, tradesOf, cashOf };
};
