import { Ladder } from "./ladder.ts";
import { NumberIndex } from "./number-index.ts";
import { Records } from "./records.ts";
import { Tape } from "./tape.ts";

/** The flags of an order. Side and dormancy together name one of the four ladders. */
export const SELL = 1;
export const DORMANT = 2;
export const LADDER = 3;
export const POST_ONLY = 4;
/** Two bits for the self-trade prevention mode. */
export const MODE_SHIFT = 3;
export const FLAGS = 31;
/** In an order's PLACE field the number of its level stands above the flags. */
export const LEVEL_SHIFT = 5;

/** The self-trade prevention modes that are asked for by name; the fourth is decrement. */
export const EXPIRE_TAKER = 0;
export const EXPIRE_MAKER = 1;
export const EXPIRE_BOTH = 2;

/** The fields of a level; its number is the open quantity of its whole queue. */
export const PRICE = 2;
export const HEAD = 3;
export const TAIL = 4;

/** The order that is on its way through the book: a new one, a replaced one or a woken stop. */
export class Incoming {
  order = 0;
  owner = 0;
  flags = 0;
  quantity = 0;
  open = 0;
  price = 0;
  /** 0 when there is none. */
  stopPrice = 0;
  /** The order type and the time in force, as numbered with the terms. */
  type = 0;
  time = 0;
}

/** Everything a book is made of. One object with one shape, reused for every command. */
export class State {
  readonly orders = new Records();
  readonly levels = new Records();
  readonly index = new NumberIndex(this.orders);
  readonly bids = new Ladder();
  readonly asks = new Ladder();
  readonly buyStops = new Ladder();
  readonly sellStops = new Ladder();
  readonly tape = new Tape();
  readonly incoming = new Incoming();
  /** Woken stops that have not had their turn, in the order of their turns. */
  readonly waiting: number[] = [];
  halted = false;
  /** 0 before the first trade. */
  lastPrice = 0;
  lastOrder = 0;
  openOrders = 0;
  /** How often a stop was armed: the number that keeps dormant stops in their order. */
  armings = 0;
  /** The range of prices the order in hand traded at; 0 while it has not traded. */
  lowest = 0;
  highest = 0;
}

/** The ladder that orders with these flags stand on. */
export const ladderOf = (state: State, flags: number): Ladder => {
  if ((flags & DORMANT) === 0) return (flags & SELL) === 0 ? state.bids : state.asks;
  return (flags & SELL) === 0 ? state.buyStops : state.sellStops;
};

/** The key of a price on its ladder: the best bid, the lowest ask and the next stop are largest. */
export const keyOf = (flags: number, price: number): number => {
  const ladder = flags & LADDER;
  return ladder === 0 || ladder === LADDER ? price : -price;
};

/** Whether an order with these flags and this limit would trade at a price of the other side. */
export const crosses = (flags: number, limit: number, price: number): boolean =>
  (flags & SELL) === 0 ? price <= limit : price >= limit;
