import type { DormantStop, RestingOrder } from "./protocol.ts";
import { ORDER } from "./records.ts";
import { FLAG, type State } from "./state.ts";
import { armedBefore, loadStop } from "./stops.ts";
import { MODES, TERM, TIMES } from "./terms.ts";

const { NEXT, OPEN, OWNER, PLACE, QUANTITY } = ORDER;
const { DORMANT, FLAGS, LEVEL_SHIFT, MODE_SHIFT, POST_ONLY, SELL } = FLAG;
const { TO_MARKET } = TERM;

/** An open order as plain data. */
export const readOrder = (state: State, slot: number): RestingOrder | DormantStop =>
  (state.orders.get(slot, PLACE) & DORMANT) === 0
    ? readResting(state, slot)
    : readStop(state, slot);

/** How much of an open order was filled or prevented. An untriggered stop has neither. */
export const filledOf = ({ orders }: State, slot: number): number =>
  (orders.get(slot, PLACE) & DORMANT) === 0
    ? orders.get(slot, QUANTITY) - orders.get(slot, OPEN)
    : 0;

export const ownerOf = ({ orders }: State, slot: number): number => orders.get(slot, OWNER);

export const readResting = (state: State, slot: number): RestingOrder => {
  const { orders } = state;
  const place = orders.get(slot, PLACE);
  return {
    order: orders.number(slot),
    owner: orders.get(slot, OWNER),
    side: (place & SELL) === 0 ? "buy" : "sell",
    price: state.price(place, place >>> LEVEL_SHIFT),
    quantity: orders.get(slot, QUANTITY),
    open: orders.get(slot, OPEN),
    postOnly: (place & POST_ONLY) !== 0,
    selfTradePrevention: MODES[(place & FLAGS) >>> MODE_SHIFT] ?? "expire_taker",
  };
};

export const readStop = (state: State, slot: number): DormantStop => {
  loadStop(state, slot);
  const { order, owner, flags, quantity, price, stopPrice, type, time } = state.incoming;
  return {
    order,
    owner,
    side: (flags & SELL) === 0 ? "buy" : "sell",
    orderType: (type & TO_MARKET) !== 0 ? "stop" : "stop_limit",
    quantity,
    price,
    stopPrice,
    timeInForce: TIMES[time] ?? "DAY",
    selfTradePrevention: MODES[flags >>> MODE_SHIFT] ?? "expire_taker",
  };
};

/** The slots of one side, best level first, each queue in its order. */
export const slotsOf = (state: State, flags: number): number[] => {
  const { levels, orders } = state;
  const ladder = state.ladder(flags);
  const slots: number[] = [];
  for (let level = ladder.best; level !== 0; level = ladder.below(level)) {
    for (let slot = levels.head(level); slot !== 0; slot = orders.get(slot, NEXT)) {
      slots.push(slot);
    }
  }
  return slots;
};

/** The slots of the untriggered stops of both sides, in the order in which they were armed. */
export const stopSlotsOf = (state: State): number[] =>
  [...slotsOf(state, DORMANT), ...slotsOf(state, DORMANT | SELL)].sort((a, b) =>
    armedBefore(state, a, b),
  );
