import { assert } from "../layers/domain/assert.ts";
import type { ClientId } from "../layers/domain/identifiers.ts";
import type { Instrument } from "../layers/domain/market/instrument.ts";
import type { CancelOrder, PlaceOrder, ReplaceOrder } from "../layers/domain/orders/command.ts";
import { type Money, money, type Shares, shares } from "../layers/domain/units.ts";
import type { RestingOrder } from "../layers/store/matching/resting-orders.ts";
import type * as engine from "./engine/protocol.ts";

/**
 * Translates between the brokerage's model and the engine's: money and ticks, shares and lots,
 * client ids and small numbers.
 */
export class EngineAdapter {
  readonly #instrument: Instrument;
  readonly #owners = new Map<ClientId, number>();

  constructor(instrument: Instrument) {
    this.#instrument = instrument;
  }

  place(command: PlaceOrder, order: number): engine.Place {
    const { orderType, timeInForce, postOnly, selfTradePrevention } = command;
    return {
      ...{ type: "place", order, owner: this.#owner(command.clientId), side: command.direction },
      quantity: this.lots(command.quantity),
      price: this.ticks(command.collarPrice),
      ...this.#stopPrice(command),
      ...{ orderType, timeInForce, postOnly, selfTradePrevention },
    };
  }

  replace(command: ReplaceOrder, order: number): engine.Replace {
    return {
      ...{ type: "replace", order, owner: this.#owner(command.clientId) },
      quantity: this.lots(command.quantity),
      price: this.ticks(command.collarPrice),
      ...this.#stopPrice(command),
    };
  }

  cancel({ clientId }: CancelOrder, order: number): engine.Cancel {
    return { type: "cancel", order, owner: this.#owner(clientId) };
  }

  resting(order: RestingOrder): engine.RestingOrder {
    const { engineOrder, direction, postOnly, selfTradePrevention } = order;
    return {
      ...{ order: engineOrder, owner: this.#owner(order.clientId), side: direction },
      price: this.ticks(order.collarPrice),
      quantity: this.lots(order.quantity),
      open: this.lots(order.openQuantity),
      ...{ postOnly, selfTradePrevention },
    };
  }

  stop(order: RestingOrder & { readonly stopPrice: Money }): engine.DormantStop {
    const { engineOrder, direction, stopPrice, timeInForce, selfTradePrevention } = order;
    return {
      ...{ order: engineOrder, owner: this.#owner(order.clientId), side: direction },
      orderType: order.orderType === "stop" ? "stop" : "stop_limit",
      quantity: this.lots(order.quantity),
      price: this.ticks(order.collarPrice),
      stopPrice: this.ticks(stopPrice),
      ...{ timeInForce, selfTradePrevention },
    };
  }

  ticks(price: Money): number {
    const { tickSize, symbol } = this.#instrument;
    assert(price % tickSize === 0n, `${symbol}: ${price} is not on a tick`);
    return Number(price / tickSize);
  }

  price(ticks: number): Money {
    return money(BigInt(ticks) * this.#instrument.tickSize);
  }

  lots(quantity: Shares): number {
    const { lotSize, symbol } = this.#instrument;
    assert(quantity % lotSize === 0, `${symbol}: ${quantity} is not in whole lots`);
    return quantity / lotSize;
  }

  shares(lots: number): Shares {
    return shares(lots * this.#instrument.lotSize);
  }

  #stopPrice({ stopPrice }: PlaceOrder | ReplaceOrder): { readonly stopPrice?: number } {
    return stopPrice === undefined ? {} : { stopPrice: this.ticks(stopPrice) };
  }

  /** A client gets its number at its first order. */
  #owner(clientId: ClientId): number {
    const known = this.#owners.get(clientId);
    if (known !== undefined) return known;
    const next = this.#owners.size + 1;
    this.#owners.set(clientId, next);
    return next;
  }
}
