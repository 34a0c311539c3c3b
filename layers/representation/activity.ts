import { z } from "zod";
import type { Activity } from "../domain/orders/activity.ts";
import { formatMoney } from "../domain/units.ts";
import { moneyOut, timeOut } from "./fields.ts";
import { orderOut, showOrder } from "./order.ts";
import { withdrawalOut } from "./withdrawal.ts";

const numbered = {
  event_id: z.int().meta({ description: "Counts the client's events from 1, without a gap." }),
  ts: timeOut,
};
const amountOut = z
  .union([moneyOut, z.int()])
  .meta({ description: "Money as a decimal string, shares as a number." });

/** The JSON of a client's event, over HTTP and in the OrdersChannel. */
export const activityOut = z
  .discriminatedUnion("type", [
    z.strictObject({ type: z.literal("order"), ...numbered, order: orderOut }),
    z.strictObject({
      type: z.literal("fill"),
      ...numbered,
      trade_id: z.string(),
      order_id: z.uuid(),
      symbol: z.string(),
      direction: z.enum(["buy", "sell"]),
      price: moneyOut,
      quantity: z.int(),
      liquidity: z.enum(["maker", "taker"]),
    }),
    z.strictObject({
      type: z.literal("balance"),
      ...numbered,
      asset: z.string(),
      available: amountOut,
      held: amountOut,
    }),
    z.strictObject({
      type: z.literal("transfer"),
      ...numbered,
      kind: z.string().meta({ examples: ["deposit"] }),
      reference: z.string(),
      direction: z.enum(["in", "out"]),
      asset: z.string(),
      amount: amountOut,
    }),
    z.strictObject({
      type: z.literal("withdrawal"),
      ...numbered,
      ...withdrawalOut.pick({
        ...{ withdrawal_id: true, amount: true, currency: true, status: true, reason: true },
      }).shape,
    }),
  ])
  .meta({ id: "Activity" });

/** Makes the JSON of an event. */
export const showActivity = (activity: Activity): z.input<typeof activityOut> => {
  const { type } = activity;
  const when = { event_id: activity.eventId, ts: activity.at.toISOString() };
  switch (type) {
    case "order":
      return { type, ...when, order: showOrder(activity.order) };
    case "fill":
      return {
        ...{ type, ...when, trade_id: activity.tradeId, order_id: activity.orderId },
        ...{ symbol: activity.symbol, direction: activity.direction },
        ...{ price: formatMoney(activity.price), quantity: activity.quantity },
        liquidity: activity.liquidity,
      };
    case "balance":
      return {
        ...{ type, ...when, asset: activity.asset },
        available: showAmount(activity, activity.available),
        held: showAmount(activity, activity.held),
      };
    case "transfer":
      return {
        ...{ type, ...when, kind: activity.kind, reference: activity.reference },
        ...{ direction: activity.way, asset: activity.asset },
        amount: showAmount(activity, activity.amount),
      };
    case "withdrawal":
      return {
        ...{ type, ...when, withdrawal_id: activity.withdrawalId, status: activity.status },
        ...{ amount: formatMoney(activity.amount), currency: activity.currency },
        reason: activity.reason ?? null,
      };
  }
};

const showAmount = ({ isShares }: { readonly isShares: boolean }, amount: bigint) =>
  isShares ? Number(amount) : formatMoney(amount);
