import type { ClientId, OrderId, Ticker } from "../domain/identifiers.ts";
import type { OrderTerms } from "../domain/orders/order.ts";
import { money, shares } from "../domain/units.ts";
import { newUuid } from "../platform/ids.ts";
import type { NewOrder } from "../store/orders/accept-orders.ts";

/** A GTC limit order of a client for AAPL, with a new client_order_id unless one is given. */
export type Wish = {
  readonly client: ClientId;
  readonly direction: "buy" | "sell";
  readonly quantity: number;
  readonly name?: string;
};

/**
 * The order as it is written to the database. A share costs 1.00, so the hold equals the quantity
 * in either asset.
 */
export const newOrder = ({ client, direction, quantity, name = newUuid() }: Wish): NewOrder => {
  const orderId = newUuid() as OrderId;
  const price = money(10_000n);
  const terms: OrderTerms = {
    ...{ symbol: "AAPL" as Ticker, direction, orderType: "limit", quantity: shares(quantity) },
    ...{ price, stopPrice: undefined, timeInForce: "GTC", expiresAt: undefined, postOnly: false },
    ...{ selfTradePrevention: "expire_taker", clientOrderId: name },
  };
  return {
    ...{ orderId, clientId: client, terms, fingerprint: Buffer.alloc(32), correlationId: "test" },
    waits: false,
    endsAt: undefined,
    duplicateWindowMs: 0,
    intent: {
      holdAsset: direction === "buy" ? "USD" : "AAPL",
      holdAmount: direction === "buy" ? price * BigInt(quantity) : BigInt(quantity),
      collarPrice: price,
    },
  };
};
