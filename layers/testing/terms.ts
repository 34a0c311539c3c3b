import assert from "node:assert/strict";
import type { Ticker } from "../domain/identifiers.ts";
import type { OrderTerms } from "../domain/orders/order.ts";
import { type Money, parseMoney, shares } from "../domain/units.ts";
import { newUuid } from "../platform/ids.ts";
import { type Executor, sql } from "../store/pg/database.ts";

/** Money written as a decimal. */
export const usd = (text: string): Money => {
  const parsed = parseMoney(text);
  assert.ok(parsed !== undefined, `not money: ${text}`);
  return parsed;
};

/** The terms of an order: `order("buy", 5, "101.00")`; a market order without a price. */
export const order = (
  direction: "buy" | "sell",
  quantity: number,
  price?: string,
  rest: Partial<OrderTerms> = {},
): OrderTerms => ({
  symbol: "AAPL" as Ticker,
  direction,
  orderType: price === undefined ? "market" : "limit",
  quantity: shares(quantity),
  price: price === undefined ? undefined : usd(price),
  stopPrice: undefined,
  timeInForce: "DAY",
  expiresAt: undefined,
  postOnly: false,
  selfTradePrevention: "expire_taker",
  clientOrderId: newUuid(),
  ...rest,
});

/** A client's balance of an asset; undefined when it never had any. */
export const balanceOf = async (database: Executor, clientId: string, asset: string) => {
  const { rows } = await database.query<{ available: bigint; held: bigint }>(
    sql`select available, held from ledger.balance where client_id = ${clientId} and asset = ${asset}`,
  );
  return rows[0];
};
