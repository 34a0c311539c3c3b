import type {
  Command,
  DormantStop,
  Event,
  ExpireReason,
  Level,
  Place,
  RejectReason,
  Replace,
  ReplaceRejectReason,
  RestingOrder,
  Side,
  Snapshot,
} from "../protocol.ts";

/**
 * The rules of matching in the simplest form: a flat list, which is filtered, sorted and walked for
 * every decision. The fast engine is checked against it; the two share nothing but the types.
 */
export type NaiveBook = {
  /** Resting orders, earliest first. */
  resting: RestingOrder[];
  /** Untriggered stops, earliest first. */
  stops: DormantStop[];
  lastOrder: number;
  lastPrice: number | null;
  halted: boolean;
};

/** The order that is being processed: new, replaced or a triggered stop. */
type Taker = {
  readonly terms: Omit<Place, "type">;
  open: number;
};

export const naiveBook = (): NaiveBook => ({
  resting: [],
  stops: [],
  lastOrder: 0,
  lastPrice: null,
  halted: false,
});

export const naiveApply = (book: NaiveBook, command: Command): Event[] => {
  if (command.type === "place") return place(book, command);
  if (command.type === "replace") return replace(book, command);
  if (command.type === "cancel") {
    const { order, owner } = command;
    const open = openOf(book, order, owner);
    if (open === undefined) {
      return [{ type: "cancel_rejected", order, owner, reason: "unknown_order" }];
    }
    remove(book, order);
    return [{ type: "cancelled", order, quantity: open, reason: "requested" }];
  }
  if (command.type === "expire") {
    const { order } = command;
    const open = openOf(book, order);
    if (open === undefined) return [{ type: "expire_rejected", order, reason: "unknown_order" }];
    remove(book, order);
    return [{ type: "expired", order, quantity: open, reason: "time" }];
  }
  book.halted = command.type === "halt";
  return [{ type: book.halted ? "halted" : "resumed" }];
};

const place = (book: NaiveBook, command: Place): Event[] => {
  const { type: _, ...terms } = command;
  const { order, owner, quantity } = terms;
  if (order <= book.lastOrder) {
    return [{ type: "place_rejected", order, owner, reason: "duplicate_order" }];
  }
  book.lastOrder = order;
  const reason = whyNot(book, command);
  if (reason !== undefined) return [{ type: "rejected", order, owner, quantity, reason }];
  const events: Event[] = [{ type: "accepted", ...terms }];
  enter(book, { terms, open: quantity }, events);
  return events;
};

const isGood = (value: number | undefined): boolean =>
  value !== undefined && Number.isInteger(value) && value >= 1 && value < 2 ** 31;

const whyNot = (book: NaiveBook, place: Place): RejectReason | undefined => {
  const waits = place.orderType === "stop" || place.orderType === "stop_limit";
  if (!isGood(place.quantity)) return "invalid_quantity";
  if (!isGood(place.price)) return "invalid_price";
  if (waits && !isGood(place.stopPrice)) return "invalid_stop_price";
  if (!waits && place.stopPrice !== undefined) return "invalid_stop_price";
  const rests = ["DAY", "GTC", "GTD"].includes(place.timeInForce);
  if (place.postOnly && !(place.orderType === "limit" && rests)) return "invalid_combination";
  if (book.halted) return "halted";
  if (place.postOnly && reachable(book, place.side, place.price).length > 0) return "would_take";
  return undefined;
};

/** The orders that a taker could meet, in the order in which it would meet them. */
const reachable = (book: NaiveBook, side: Side, limit: number): RestingOrder[] => {
  const sign = side === "buy" ? 1 : -1;
  return book.resting
    .filter((listed) => listed.side !== side && sign * listed.price <= sign * limit)
    .sort((a, b) => sign * (a.price - b.price));
};

const isReached = (stop: { side: Side; stopPrice: number }, price: number | null): boolean => {
  if (price === null) return false;
  return stop.side === "buy" ? price >= stop.stopPrice : price <= stop.stopPrice;
};

/** Lets an order in, and then every stop that is triggered by its trades or by theirs. */
const enter = (book: NaiveBook, first: Taker, events: Event[]): void => {
  const { orderType, stopPrice } = first.terms;
  const takers = [first];
  if (stopPrice !== undefined && (orderType === "stop" || orderType === "stop_limit")) {
    const { order, owner, side, quantity, price, timeInForce, selfTradePrevention } = first.terms;
    const stop = { order, owner, side, orderType, quantity, price, stopPrice };
    if (!isReached(stop, book.lastPrice)) {
      book.stops.push({ ...stop, timeInForce, selfTradePrevention });
      events.push({ type: "armed", order, side, stopPrice, quantity });
      return;
    }
  }
  for (let taker = takers.shift(); taker !== undefined; taker = takers.shift()) {
    const { order, side, orderType: kind } = taker.terms;
    if (kind === "stop" || kind === "stop_limit") {
      events.push({ type: "stop_triggered", order, side, quantity: taker.open });
    }
    const prices = execute(book, taker, events);
    const triggered = book.stops.filter((stop) => prices.some((price) => isReached(stop, price)));
    book.stops = book.stops.filter((stop) => !triggered.includes(stop));
    takers.push(
      ...triggered.map((stop) => ({ terms: { ...stop, postOnly: false }, open: stop.quantity })),
    );
  }
};

/** Lets the order trade, then rests or ends the remainder. Returns the prices of its trades. */
const execute = (book: NaiveBook, taker: Taker, events: Event[]): number[] => {
  const { order, owner, side, orderType, price, quantity, timeInForce } = taker.terms;
  if (timeInForce === "FOK" && !canFill(book, taker)) {
    events.push({ type: "expired", order, quantity: taker.open, reason: "fill_or_kill" });
    return [];
  }
  const prices = take(book, taker, events);
  if (taker.open === 0) return prices;
  const toMarket = orderType === "market" || orderType === "stop";
  if (toMarket || timeInForce === "IOC" || timeInForce === "FOK") {
    const empty = !book.resting.some((listed) => listed.side !== side);
    const marketReason: ExpireReason = empty ? "no_liquidity" : "collar_reached";
    const reason = toMarket ? marketReason : "immediate_or_cancel";
    events.push({ type: "expired", order, quantity: taker.open, reason });
    return prices;
  }
  const { postOnly, selfTradePrevention } = taker.terms;
  const { open } = taker;
  book.resting.push({ order, owner, side, price, quantity, open, postOnly, selfTradePrevention });
  events.push({ type: "rested", order, side, price, quantity: open });
  return prices;
};

/** Whether a fill-or-kill order could trade its whole quantity with other owners. */
const canFill = (book: NaiveBook, taker: Taker): boolean => {
  const { owner, side, price, selfTradePrevention } = taker.terms;
  const met = reachable(book, side, price);
  const firstOwn = met.findIndex((listed) => listed.owner === owner);
  const eligible =
    selfTradePrevention === "expire_maker" || firstOwn === -1
      ? met.filter((listed) => listed.owner !== owner)
      : met.slice(0, firstOwn);
  return eligible.reduce((sum, listed) => sum + listed.open, 0) >= taker.open;
};

const take = (book: NaiveBook, taker: Taker, events: Event[]): number[] => {
  const { order, owner, side, price: limit } = taker.terms;
  const prices: number[] = [];
  for (const maker of reachable(book, side, limit)) {
    if (taker.open === 0) break;
    if (maker.owner === owner) {
      prevent(book, taker, maker, events);
      continue;
    }
    const quantity = Math.min(maker.open, taker.open);
    taker.open -= quantity;
    const makerOpen = maker.open - quantity;
    shrink(book, maker.order, makerOpen);
    book.lastPrice = maker.price;
    prices.push(maker.price);
    events.push({
      type: "traded",
      maker: maker.order,
      taker: order,
      takerSide: side,
      price: maker.price,
      quantity,
      makerOpen,
      takerOpen: taker.open,
    });
  }
  return prices;
};

const prevent = (book: NaiveBook, taker: Taker, maker: RestingOrder, events: Event[]): void => {
  const mode = taker.terms.selfTradePrevention;
  const both = Math.min(maker.open, taker.open);
  const makerPrevented = { expire_taker: 0, expire_maker: maker.open, expire_both: maker.open };
  const takerPrevented = { expire_taker: taker.open, expire_maker: 0, expire_both: taker.open };
  const fromMaker = mode === "decrement" ? both : makerPrevented[mode];
  const fromTaker = mode === "decrement" ? both : takerPrevented[mode];
  taker.open -= fromTaker;
  shrink(book, maker.order, maker.open - fromMaker);
  events.push({
    type: "prevented",
    maker: maker.order,
    taker: taker.terms.order,
    mode,
    price: maker.price,
    makerPrevented: fromMaker,
    takerPrevented: fromTaker,
    makerOpen: maker.open - fromMaker,
    takerOpen: taker.open,
  });
};

const replace = (book: NaiveBook, command: Replace): Event[] => {
  const { order, owner, quantity, price } = command;
  const resting = book.resting.find((listed) => listed.order === order && listed.owner === owner);
  const stop = book.stops.find((listed) => listed.order === order && listed.owner === owner);
  const refuse = (reason: ReplaceRejectReason): Event[] => [
    { type: "replace_rejected", order, owner, reason },
  ];
  if (resting === undefined && stop === undefined) return refuse("unknown_order");
  if (!isGood(quantity)) return refuse("invalid_quantity");
  if (!isGood(price)) return refuse("invalid_price");
  if (stop !== undefined && command.stopPrice !== undefined && !isGood(command.stopPrice)) {
    return refuse("invalid_stop_price");
  }
  if (book.halted) return refuse("halted");
  if (stop !== undefined) return replaceStop(book, command, stop);
  if (resting === undefined) return [];
  if (resting.postOnly && reachable(book, resting.side, price).length > 0) {
    return refuse("would_take");
  }
  return replaceResting(book, command, resting);
};

const replaceStop = (book: NaiveBook, command: Replace, stop: DormantStop): Event[] => {
  const { order, quantity, price } = command;
  const stopPrice = command.stopPrice ?? stop.stopPrice;
  const changed = { ...stop, quantity, price, stopPrice };
  const keepsPlace =
    price === stop.price && stopPrice === stop.stopPrice && quantity <= stop.quantity;
  const events: Event[] = [
    { type: "replaced", order, quantity, price, stopPrice, open: quantity, keepsPlace },
  ];
  if (keepsPlace) {
    book.stops = book.stops.map((listed) => (listed === stop ? changed : listed));
    return events;
  }
  remove(book, order);
  enter(book, { terms: { ...changed, postOnly: false }, open: quantity }, events);
  return events;
};

const replaceResting = (book: NaiveBook, command: Replace, old: RestingOrder): Event[] => {
  const { order, quantity, price } = command;
  const open = quantity - (old.quantity - old.open);
  if (open <= 0) {
    remove(book, order);
    return [{ type: "cancelled", order, quantity: old.open, reason: "replaced" }];
  }
  const keepsPlace = price === old.price && quantity <= old.quantity;
  const events: Event[] = [{ type: "replaced", order, quantity, price, open, keepsPlace }];
  if (keepsPlace) {
    book.resting = book.resting.map((listed) =>
      listed === old ? { ...old, quantity, open } : listed,
    );
    return events;
  }
  remove(book, order);
  const { owner, side, postOnly, selfTradePrevention } = old;
  const terms = { order, owner, side, quantity, price, postOnly, selfTradePrevention };
  enter(book, { terms: { ...terms, orderType: "limit", timeInForce: "GTC" }, open }, events);
  return events;
};

/**
 * The open quantity of an order; undefined when it has ended, is unknown, or belongs to another
 * owner.
 */
const openOf = (book: NaiveBook, order: number, owner?: number): number | undefined => {
  const isIt = (listed: { order: number; owner: number }): boolean =>
    listed.order === order && (owner === undefined || listed.owner === owner);
  return book.resting.find(isIt)?.open ?? book.stops.find(isIt)?.quantity;
};

const remove = (book: NaiveBook, order: number): void => {
  book.resting = book.resting.filter((listed) => listed.order !== order);
  book.stops = book.stops.filter((listed) => listed.order !== order);
};

const shrink = (book: NaiveBook, order: number, open: number): void => {
  book.resting = book.resting
    .map((listed) => (listed.order === order ? { ...listed, open } : listed))
    .filter((listed) => listed.open > 0);
};

/** All levels of one side, best first. */
export const naiveDepth = (book: NaiveBook, side: Side): Level[] => {
  const opposite = side === "buy" ? "sell" : "buy";
  const orders = reachable(book, opposite, opposite === "buy" ? Number.MAX_VALUE : 0);
  const prices = [...new Set(orders.map((order) => order.price))];
  return prices.map((price) => [
    price,
    orders.filter((order) => order.price === price).reduce((sum, order) => sum + order.open, 0),
  ]);
};

/** The book as data: bids, then asks, each best first and every queue in its order. */
export const naiveSnapshot = (book: NaiveBook): Snapshot => ({
  lastOrder: book.lastOrder,
  lastPrice: book.lastPrice,
  halted: book.halted,
  resting: [...reachable(book, "sell", 0), ...reachable(book, "buy", Number.MAX_VALUE)],
  stops: [...book.stops],
});
