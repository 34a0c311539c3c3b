import { isOpenAt, type Sessions } from "../market/session.ts";
import type { OrderTerms } from "./order.ts";

/**
 * When an order that is accepted now must leave the book: at its expiry (GTD), or at the end of its
 * session (DAY), which is the next session while the market is closed. Undefined for an order
 * without such an end.
 */
export const endOf = (
  { timeInForce, expiresAt }: Pick<OrderTerms, "timeInForce" | "expiresAt">,
  sessions: Sessions | undefined,
  now: Date,
): Date | undefined => {
  if (timeInForce === "GTD") return expiresAt;
  if (timeInForce !== "DAY" || sessions === undefined) return undefined;
  const { current, next } = sessions;
  const inCurrent = current !== undefined && now < current.closesAt && isOpenAt(sessions, now);
  return inCurrent ? current.closesAt : next?.closesAt;
};
