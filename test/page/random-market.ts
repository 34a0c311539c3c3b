import { randomUUID } from "node:crypto";
import { randomBelow } from "../../layers/testing/random.ts";
import type { System } from "./system.ts";

const MAKERS = ["alice@brokerx.local", "bob@brokerx.local"] as const;
/** The demo market trades around this price; the orders here stay within half a percent of it. */
const MIDDLE_CENTS = 40_000;
const HALF_WIDTH_CENTS = 150;
const RESTING_MAX = 120;

/**
 * Changes a book at random: new orders on both sides, of which some cross and trade, and cancels. The same seed
 * sends the same orders.
 */
export const randomMarket = (system: System, symbol: string, seed: number) => {
  const below = randomBelow(seed);
  const resting: { readonly maker: string; readonly id: string }[] = [];

  const place = async (): Promise<void> => {
    const buys = below(2) === 0;
    const maker = MAKERS[buys ? 0 : 1];
    const cents = MIDDLE_CENTS + (below(HALF_WIDTH_CENTS) - 10) * (buys ? -1 : 1);
    const order = {
      ...{ symbol, order_type: "limit", client_order_id: randomUUID() },
      ...{ direction: buys ? "buy" : "sell", quantity: 1 + below(9) },
      price: (cents / 100).toFixed(2),
    };
    const placed = await system.call(maker, "POST", "/api/v1/orders", { order });
    resting.push({ maker, id: (placed as { readonly order_id: string }).order_id });
  };

  const cancel = async (): Promise<void> => {
    const [order] = resting.splice(below(resting.length), 1);
    if (order === undefined) return;
    // The order may have been filled meanwhile, which is refused.
    await system.call(order.maker, "DELETE", `/api/v1/orders/${order.id}`).catch(() => undefined);
  };

  return {
    /** One change; several may run at the same time. */
    change: (): Promise<void> =>
      resting.length > RESTING_MAX || (resting.length > 10 && below(3) === 0) ? cancel() : place(),
    clear: async (): Promise<void> => {
      for (const maker of MAKERS)
        await system.call(maker, "DELETE", `/api/v1/orders?symbol=${symbol}`);
    },
  };
};
