import { signal } from "@preact/signals";
import { type OrderRequest, type PlaceRequest, parseDecimal } from "../../../../sdk/index.ts";

export type OrderType = OrderRequest["order_type"];
export type TimeInForce = NonNullable<OrderRequest["time_in_force"]>;
type SelfTrade = NonNullable<OrderRequest["self_trade_prevention"]>;

/** The fields of the order ticket; every figure is text. */
export type Draft = {
  readonly direction: "buy" | "sell";
  readonly type: OrderType;
  readonly quantity: string;
  readonly price: string;
  readonly stopPrice: string;
  readonly timeInForce: TimeInForce;
  readonly expiresAt: string;
  readonly postOnly: boolean;
  readonly selfTrade: SelfTrade;
};

const EMPTY: Draft = {
  direction: "buy",
  type: "limit",
  quantity: "",
  price: "",
  stopPrice: "",
  timeInForce: "DAY",
  expiresAt: "",
  postOnly: false,
  selfTrade: "expire_taker",
};

export const draft = signal<Draft>(EMPTY);

export const change = (changes: Partial<Draft>): void => {
  draft.value = { ...draft.value, ...changes };
};

/** After an order and for another symbol, quantity and prices begin empty; the kind of order stays. */
export const clearFigures = (): void => change({ quantity: "", price: "", stopPrice: "" });

/** Takes a price of the book: an offer is bought, a bid is sold to. */
export const fillTicket = (price: string, direction: "buy" | "sell"): void => {
  const type = draft.value.type === "market" ? "limit" : draft.value.type;
  change(type === "stop" ? { stopPrice: price } : { price, direction, type });
};

export const needsPrice = (type: OrderType): boolean => type === "limit" || type === "stop_limit";
export const needsStop = (type: OrderType): boolean => type === "stop" || type === "stop_limit";

const isPrice = (text: string): boolean => (parseDecimal(text) ?? 0n) > 0n;

/** Returns the order of a draft; undefined while a figure is missing or is not a number. */
export const orderOf = (symbol: string, filled: Draft): PlaceRequest | undefined => {
  const { direction, type, quantity, price, stopPrice, timeInForce, expiresAt } = filled;
  const expires = Date.parse(expiresAt);
  if (!/^[1-9][0-9]{0,9}$/.test(quantity)) return undefined;
  if (needsPrice(type) && !isPrice(price)) return undefined;
  if (needsStop(type) && !isPrice(stopPrice)) return undefined;
  if (timeInForce === "GTD" && Number.isNaN(expires)) return undefined;
  return {
    ...{ symbol, direction, order_type: type, quantity: Number(quantity) },
    ...(needsPrice(type) ? { price } : {}),
    ...(needsStop(type) ? { stop_price: stopPrice } : {}),
    time_in_force: timeInForce,
    ...(timeInForce === "GTD" ? { expires_at: new Date(expires).toISOString() } : {}),
    ...(type === "limit" ? { post_only: filled.postOnly } : {}),
    self_trade_prevention: filled.selfTrade,
  };
};
