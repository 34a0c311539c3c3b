import type { Order } from "../../domain/orders/order.ts";
import { showOrder } from "../../representation/order.ts";
import { notFound, type Problem } from "../problem.ts";
import { type RefusalCode, refused } from "../refused.ts";

/**
 * The problem for a refused change of an order, with the current order when that explains the
 * refusal.
 */
export const refusedOrder = (failure: {
  readonly code: RefusalCode | "not_found";
  readonly order?: Order;
  readonly [fact: string]: unknown;
}): Problem => {
  const { code, order, ...facts } = failure;
  if (code === "not_found") return notFound("There is no such order.");
  return refused({ code, ...facts, ...(order === undefined ? {} : { order: showOrder(order) }) });
};
