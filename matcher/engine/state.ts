import { Ladder } from "./memory/ladder.ts";
import { Levels } from "./memory/levels.ts";
import { NumberIndex } from "./memory/number-index.ts";
import { ORDER, ORDER_WORDS, Records, SLOTS } from "./records.ts";
import { Tape } from "./tape.ts";

/**
 * The flags of an order. The side and the bit for untriggered stops select one of the four ladders;
 * from MODE_SHIFT on there are two bits for the self-trade prevention mode. In the PLACE field of
 * an order, the number of its level is above the flags.
 */
export const FLAG = {
  SELL: 1,
  DORMANT: 2,
  LADDER: 3,
  POST_ONLY: 4,
  MODE_SHIFT: 3,
  FLAGS: 31,
  LEVEL_SHIFT: 5,
} as const;

/** The self-trade prevention modes that the code compares with; the fourth is decrement. */
export const MODE = { EXPIRE_TAKER: 0, EXPIRE_MAKER: 1, EXPIRE_BOTH: 2 } as const;

const { SELL, DORMANT } = FLAG;
const { MOST: MOST_ORDERS } = SLOTS;

/** The order that is being processed: new, replaced or a triggered stop. */
class Incoming {
  order = 0;
  owner = 0;
  flags = 0;
  quantity = 0;
  open = 0;
  price = 0;
  /** 0 when there is none. */
  stopPrice = 0;
  /** The order type and the time in force, as the numbers of terms.ts. */
  type = 0;
  time = 0;
}

/**
 * The memory that several books share. Small books lie close together in it, and what the last
 * command touched is still in the cache for the next command, whichever book it is for. The tape
 * and the incoming order are shared too, because no command outlives its call.
 */
export class BookArena {
  readonly orders = new Records(ORDER_WORDS, ORDER.NEXT, MOST_ORDERS);
  readonly levels = new Levels();
  readonly tape = new Tape();
  readonly incoming = new Incoming();
}

/** The whole state of a book. One object with one shape, reused for every command. */
export class State {
  readonly orders: Records;
  readonly levels: Levels;
  readonly index: NumberIndex;
  readonly bids: Ladder;
  readonly asks: Ladder;
  readonly buyStops: Ladder;
  readonly sellStops: Ladder;
  readonly tape: Tape;
  readonly incoming: Incoming;
  /** Triggered stops that have not been processed yet, in their order. */
  readonly waiting: number[] = [];
  halted = false;
  /** 0 before the first trade. */
  lastPrice = 0;
  lastOrder = 0;
  openOrders = 0;
  /** How often a stop was armed: this number keeps untriggered stops in their order. */
  armings = 0;
  /** The range of prices at which the current order traded; 0 before its first trade. */
  lowest = 0;
  highest = 0;

  constructor({ orders, levels, tape, incoming }: BookArena) {
    this.orders = orders;
    this.levels = levels;
    this.tape = tape;
    this.incoming = incoming;
    this.index = new NumberIndex(orders);
    this.bids = new Ladder(levels);
    this.asks = new Ladder(levels);
    this.buyStops = new Ladder(levels);
    this.sellStops = new Ladder(levels);
  }

  /** The ladder of orders with these flags. */
  ladder(flags: number): Ladder {
    if ((flags & DORMANT) === 0) return (flags & SELL) === 0 ? this.bids : this.asks;
    return (flags & SELL) === 0 ? this.buyStops : this.sellStops;
  }

  /**
   * The key of a price on its ladder, and the price of a key: the best bid, the lowest ask and the
   * next stop have the largest key.
   */
  key(flags: number, price: number): number {
    const negative = 0 - ((flags ^ (flags >>> 1)) & 1);
    return (price ^ negative) - negative;
  }

  /** The price of a level on the ladder of these flags. */
  price(flags: number, level: number): number {
    return this.key(flags, this.levels.key(level));
  }
}
