import { assert, unreachable } from "../assert.ts";
import { buy, NO_POSITION, type Position, sell } from "../ledger/position.ts";
import { type Money, money, NO_MONEY, notional, type Shares, shares } from "../units.ts";

/**
 * A change of a holding of one instrument. A grant adds shares at a cost that was recorded with it;
 * a removal takes shares away without a sale, so it realises nothing.
 */
export type HoldingEvent = {
  readonly symbol: string;
  readonly at: Date;
  /** The trade, or the journal entry of a grant or removal. */
  readonly reference: string;
  readonly quantity: Shares;
} & (
  | { readonly type: "buy" | "sell"; readonly price: Money }
  | { readonly type: "grant"; readonly cost: Money }
  | { readonly type: "removal" }
);

/** Shares that were bought together and are still owned, in whole or in part. */
export type OpenLot = {
  readonly symbol: string;
  readonly openedAt: Date;
  readonly openReference: string;
  readonly quantity: Shares;
  readonly cost: Money;
};

/** Shares of one lot that one trade sold. */
export type ClosedLot = OpenLot & {
  readonly closedAt: Date;
  readonly closeReference: string;
  readonly proceeds: Money;
  readonly gain: Money;
  /** Whole days of 24 hours between buying and selling. */
  readonly daysHeld: number;
};

/** What a sale realised by each method; nothing for any other event. */
type Realized = { readonly closed: readonly ClosedLot[]; readonly averageGain: Money };

const NOTHING_REALIZED: Realized = { closed: [], averageGain: NO_MONEY };
const DAY_MS = 86_400_000;

/**
 * One client's holding of one instrument under both methods of accounting: `position` at average cost,
 * as the portfolio shows it, and lots for first in, first out. The same events in the same order give
 * the same lots.
 */
export class Holding {
  #position: Position = NO_POSITION;
  readonly #lots: OpenLot[] = [];
  /** Lots before this index are sold; they are removed from the array in bulk. */
  #oldest = 0;

  get position(): Position {
    return this.#position;
  }

  /** The lots still owned, the oldest first. */
  get lots(): readonly OpenLot[] {
    return this.#lots.slice(this.#oldest);
  }

  /** Applies one event; throws when more shares leave than are owned. */
  apply(event: HoldingEvent): Realized {
    switch (event.type) {
      case "buy":
        this.#position = buy(this.#position, event.price, event.quantity);
        this.#open(event, notional(event.price, event.quantity));
        return NOTHING_REALIZED;
      case "grant":
        this.#position = {
          ...this.#position,
          quantity: shares(this.#position.quantity + event.quantity),
          cost: money(this.#position.cost + event.cost),
        };
        this.#open(event, event.cost);
        return NOTHING_REALIZED;
      case "sell":
        return this.#sell(event);
      case "removal": {
        const { realizedPnl } = this.#position;
        this.#position = { ...sell(this.#position, NO_MONEY, event.quantity), realizedPnl };
        this.#take(event.quantity);
        return NOTHING_REALIZED;
      }
      default:
        return unreachable(event);
    }
  }

  #sell(event: HoldingEvent & { readonly price: Money }): Realized {
    const before = this.#position.realizedPnl;
    this.#position = sell(this.#position, event.price, event.quantity);
    return {
      closed: this.#take(event.quantity).map((lot) => closeLot(lot, event)),
      averageGain: money(this.#position.realizedPnl - before),
    };
  }

  #open({ symbol, at, reference, quantity }: HoldingEvent, cost: Money): void {
    this.#lots.push({ symbol, openedAt: at, openReference: reference, quantity, cost });
  }

  /**
   * Takes a quantity from the oldest lots. The cost of a part is rounded down and the rest of the
   * lot keeps the remainder, so that the parts always sum to the whole.
   */
  #take(quantity: Shares): readonly OpenLot[] {
    const taken: OpenLot[] = [];
    let missing: number = quantity;
    while (missing > 0) {
      const lot = this.#lots[this.#oldest];
      assert(lot !== undefined, "more shares left the lots than were in them");
      if (lot.quantity > missing) {
        const [part, rest] = splitLot(lot, shares(missing));
        taken.push(part);
        this.#lots[this.#oldest] = rest;
        missing = 0;
      } else {
        taken.push(lot);
        missing -= lot.quantity;
        this.#oldest += 1;
      }
    }
    this.#dropGone();
    return taken;
  }

  #dropGone(): void {
    if (this.#oldest < 1_024 || this.#oldest * 2 < this.#lots.length) return;
    this.#lots.splice(0, this.#oldest);
    this.#oldest = 0;
  }
}

const splitLot = (lot: OpenLot, quantity: Shares): readonly [OpenLot, OpenLot] => {
  const cost = money((lot.cost * BigInt(quantity)) / BigInt(lot.quantity));
  const left = { quantity: shares(lot.quantity - quantity), cost: money(lot.cost - cost) };
  return [
    { ...lot, quantity, cost },
    { ...lot, ...left },
  ];
};

const closeLot = (
  lot: OpenLot,
  { at, reference, price }: HoldingEvent & { readonly price: Money },
): ClosedLot => {
  const proceeds = notional(price, lot.quantity);
  return {
    ...lot,
    ...{ closedAt: at, closeReference: reference, proceeds },
    gain: money(proceeds - lot.cost),
    daysHeld: Math.floor((at.getTime() - lot.openedAt.getTime()) / DAY_MS),
  };
};
