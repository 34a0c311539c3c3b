/**
 * The types of the matching engine: its commands, its events, and a book as data. Prices are whole
 * ticks, quantities whole lots, both from 1 to `LARGEST`.
 */

export type Side = "buy" | "sell";
export type OrderType = "limit" | "market" | "stop" | "stop_limit";
export type TimeInForce = "DAY" | "GTC" | "GTD" | "IOC" | "FOK";

/**
 * What happens when an order would trade with an order of the same owner. The taker's mode applies.
 */
export type SelfTradePrevention = "expire_taker" | "expire_maker" | "expire_both" | "decrement";

/** The largest price in ticks, quantity in lots and owner: 31 bits. */
export const LARGEST = 2_147_483_647;

/**
 * A new order. `order` is a number that the caller chose, higher than any number this book was
 * given before. `price` is the limit; for market and stop orders it is the collar, the worst price
 * it may trade at.
 */
export type Place = {
  readonly type: "place";
  readonly order: number;
  readonly owner: number;
  readonly side: Side;
  readonly orderType: OrderType;
  readonly quantity: number;
  readonly price: number;
  readonly stopPrice?: number;
  readonly timeInForce: TimeInForce;
  readonly postOnly: boolean;
  readonly selfTradePrevention: SelfTradePrevention;
};

/** New terms for an open order. `quantity` is the total, including what was already filled. */
export type Replace = {
  readonly type: "replace";
  readonly order: number;
  readonly owner: number;
  readonly quantity: number;
  readonly price: number;
  /** Read only while the order is an untriggered stop; without it, the stop price stays. */
  readonly stopPrice?: number;
};

export type Cancel = { readonly type: "cancel"; readonly order: number; readonly owner: number };

/** Expires an order: at the end of the session (DAY) or at its own time (GTD). */
export type Expire = { readonly type: "expire"; readonly order: number };

/** Halts trading: cancels and expiries are accepted, new orders and replaces are refused. */
export type Halt = { readonly type: "halt" };
export type Resume = { readonly type: "resume" };

export type Command = Place | Replace | Cancel | Expire | Halt | Resume;

/** Why a new order was refused. */
export type RejectReason =
  | "invalid_quantity"
  | "invalid_price"
  | "invalid_stop_price"
  | "invalid_combination"
  | "halted"
  | "would_take";

/** Why a replace changed nothing. An order of another owner, or one that has ended, is unknown. */
export type ReplaceRejectReason =
  | "unknown_order"
  | "invalid_quantity"
  | "invalid_price"
  | "invalid_stop_price"
  | "halted"
  | "would_take";

/** `replaced`: the new total was not above what had already been filled or prevented. */
type CancelReason = "requested" | "replaced";

export type ExpireReason =
  | "time"
  | "immediate_or_cancel"
  | "fill_or_kill"
  | "no_liquidity"
  | "collar_reached";

/** The order is accepted with these terms. The events that follow say what became of it. */
export type Accepted = Omit<Place, "type"> & { readonly type: "accepted" };

/** The order joined the end of the queue at its price with this open quantity. */
type Rested = {
  readonly type: "rested";
  readonly order: number;
  readonly side: Side;
  readonly price: number;
  readonly quantity: number;
};

/** The stop joined the end of the untriggered stops. */
type Armed = {
  readonly type: "armed";
  readonly order: number;
  readonly side: Side;
  readonly stopPrice: number;
  readonly quantity: number;
};

/**
 * The stop was triggered and now takes liquidity as a market order (stop) or a limit order
 * (stop_limit).
 */
type StopTriggered = {
  readonly type: "stop_triggered";
  readonly order: number;
  readonly side: Side;
  readonly quantity: number;
};

/**
 * A trade. An order with nothing left open (`makerOpen` or `takerOpen` 0) is filled and has ended.
 */
export type Traded = {
  readonly type: "traded";
  readonly maker: number;
  readonly taker: number;
  readonly takerSide: Side;
  readonly price: number;
  readonly quantity: number;
  readonly makerOpen: number;
  readonly takerOpen: number;
};

/**
 * Two orders of one owner met and did not trade. The prevented quantities left the orders; an order
 * with nothing left open has ended with the status expired.
 */
export type Prevented = {
  readonly type: "prevented";
  readonly maker: number;
  readonly taker: number;
  readonly mode: SelfTradePrevention;
  readonly price: number;
  readonly makerPrevented: number;
  readonly takerPrevented: number;
  readonly makerOpen: number;
  readonly takerOpen: number;
};

/** The open remainder of the order was cancelled; the order has ended. */
export type Cancelled = {
  readonly type: "cancelled";
  readonly order: number;
  readonly quantity: number;
  readonly reason: CancelReason;
};

/** The open remainder of the order expired; the order has ended. */
export type Expired = {
  readonly type: "expired";
  readonly order: number;
  readonly quantity: number;
  readonly reason: ExpireReason;
};

/** The order was refused as a whole; the book is unchanged. */
export type Rejected = {
  readonly type: "rejected";
  readonly order: number;
  readonly owner: number;
  readonly quantity: number;
  readonly reason: RejectReason;
};

/** A new order repeated a number. This says nothing about the order that has this number. */
type PlaceRejected = {
  readonly type: "place_rejected";
  readonly order: number;
  readonly owner: number;
  readonly reason: "duplicate_order";
};

/**
 * The order has new terms. With `keepsPlace` it stays in its place with `open` left open. Without
 * it, the order left its queue, and the events that follow say what it traded and where it rests
 * now.
 */
export type Replaced = {
  readonly type: "replaced";
  readonly order: number;
  readonly quantity: number;
  readonly price: number;
  readonly stopPrice?: number;
  readonly open: number;
  readonly keepsPlace: boolean;
};

type CancelRejected = {
  readonly type: "cancel_rejected";
  readonly order: number;
  readonly owner: number;
  readonly reason: "unknown_order";
};

type ExpireRejected = {
  readonly type: "expire_rejected";
  readonly order: number;
  readonly reason: "unknown_order";
};

type ReplaceRejected = {
  readonly type: "replace_rejected";
  readonly order: number;
  readonly owner: number;
  readonly reason: ReplaceRejectReason;
};

export type Halted = { readonly type: "halted" };
type Resumed = { readonly type: "resumed" };

/** An event. Every command causes at least one; the book can be rebuilt from the events alone. */
export type Event =
  | Accepted
  | Rested
  | Armed
  | StopTriggered
  | Traded
  | Prevented
  | Cancelled
  | Expired
  | Rejected
  | PlaceRejected
  | Replaced
  | CancelRejected
  | ExpireRejected
  | ReplaceRejected
  | Halted
  | Resumed;

/** An order in the visible book. `quantity - open` was filled or prevented. */
export type RestingOrder = {
  readonly order: number;
  readonly owner: number;
  readonly side: Side;
  readonly price: number;
  readonly quantity: number;
  readonly open: number;
  readonly postOnly: boolean;
  readonly selfTradePrevention: SelfTradePrevention;
};

/** A stop that is not triggered. Nothing of it is filled yet. */
export type DormantStop = {
  readonly order: number;
  readonly owner: number;
  readonly side: Side;
  readonly orderType: "stop" | "stop_limit";
  readonly quantity: number;
  readonly price: number;
  readonly stopPrice: number;
  readonly timeInForce: TimeInForce;
  readonly selfTradePrevention: SelfTradePrevention;
};

/**
 * A whole book as plain data: taken from a live book, or built by the caller from stored orders.
 * `resting` may list the levels in any order; orders of one side and price are in the order of
 * their queue. `stops` are in the order in which they were armed.
 */
export type Snapshot = {
  /**
   * No order number up to this number is accepted again. The number of the last command suffices.
   */
  readonly lastOrder: number;
  /** The price of the last trade; null before the first trade. */
  readonly lastPrice: number | null;
  readonly halted: boolean;
  readonly resting: readonly RestingOrder[];
  readonly stops: readonly DormantStop[];
};

/** One level of the visible book. */
export type Level = readonly [price: number, quantity: number];
