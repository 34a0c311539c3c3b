import { signal } from "@preact/signals";
import type { OrderRequest, PlaceRequest } from "../../../../sdk/index.ts";
import { texts } from "../../texts.ts";
import { type Figure, readFigure } from "../../typed.ts";

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

const names = texts.trade.preview.fields;

type DraftField = Figure & { readonly name: string };

/** The fields that a draft needs, by its type and its time in force. */
const readFields = (filled: Draft): readonly DraftField[] => {
  const { type, quantity, price, stopPrice, timeInForce, expiresAt } = filled;
  const expires = Number.isNaN(Date.parse(expiresAt)) ? {} : { value: expiresAt };
  return [
    { name: names.quantity, ...readFigure("shares", quantity) },
    ...(needsStop(type) ? [{ name: names.stopPrice, ...readFigure("price", stopPrice) }] : []),
    ...(needsPrice(type) ? [{ name: names.price, ...readFigure("price", price) }] : []),
    ...(timeInForce === "GTD" ? [{ name: names.expiresAt, ...expires }] : []),
  ];
};

/** Why a draft is no order yet: the fields to correct or to fill; undefined when it is complete. */
export const lackOf = (filled: Draft): string | undefined => {
  const fields = readFields(filled);
  const wrong = fields.filter(({ fault }) => fault !== undefined);
  if (wrong.length > 0) return texts.trade.preview.wrong(wrong.map(({ name }) => name));
  const missing = fields.filter(({ value }) => value === undefined);
  return missing.length > 0
    ? texts.trade.preview.missing(missing.map(({ name }) => name))
    : undefined;
};

/** Returns the order of a draft; undefined while a field is missing or wrong. */
export const orderOf = (symbol: string, filled: Draft): PlaceRequest | undefined => {
  if (lackOf(filled) !== undefined) return undefined;
  const { direction, type, timeInForce } = filled;
  const priceOf = (typed: string): string => readFigure("price", typed).value ?? "";
  return {
    ...{ symbol, direction, order_type: type },
    quantity: Number(readFigure("shares", filled.quantity).value),
    ...(needsPrice(type) ? { price: priceOf(filled.price) } : {}),
    ...(needsStop(type) ? { stop_price: priceOf(filled.stopPrice) } : {}),
    time_in_force: timeInForce,
    ...(timeInForce === "GTD" ? { expires_at: new Date(filled.expiresAt).toISOString() } : {}),
    ...(type === "limit" ? { post_only: filled.postOnly } : {}),
    self_trade_prevention: filled.selfTrade,
  };
};
