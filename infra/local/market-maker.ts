import { setTimeout as delay } from "node:timers/promises";
import { createLogger } from "../../layers/platform/logger.ts";
import { DEMO_INSTRUMENTS } from "../postgres/demo.ts";
import {
  drift,
  type Opinion,
  quote,
  type Side,
  seededRandom,
  takeOrFollow,
  type Wish,
} from "./quotes.ts";
import { createTradingClient, type TradingClient } from "./trading-client.ts";

// The simulated participants: maker-1 quotes every demo symbol on both sides, maker-2 takes now and
// then, on noise or after a move. Their orders are orders like any other, placed over HTTP. Each tick
// replaces one quote and waits for its answers, so the rate is bounded: in a calm market about five
// orders and five cancels a second, in a busy one five times as many, and fewer when answers are slow.

const TICK_MS = process.env["SIMULATOR_MARKET"] === "busy" ? 40 : 200;
const TAKE_EVERY = 7; // no divisor of the slots, so that every symbol trades
const OUTAGE_WAIT_MS = 1_000;
const LEVELS = [0, 1, 2];
const SIDES: readonly Side[] = ["buy", "sell"];

type Slot = { readonly symbol: string; readonly side: Side; readonly level: number };

const urls = (process.env["ORDERS_URLS"] ?? "http://127.0.0.1:3101,http://127.0.0.1:3102").split(
  ",",
);
const random = seededRandom(Number(process.env["SIMULATOR_SEED"] ?? 1));
const logger = createLogger({ service: "simulator", level: "info" });
const maker = createTradingClient("maker-1@brokerx.local", urls);
const taker = createTradingClient("maker-2@brokerx.local", urls);

const opinions = new Map<string, Opinion>(
  DEMO_INSTRUMENTS.flatMap(({ symbol, referencePrice }) => {
    const anchor = Number(referencePrice ?? 0n) / 100;
    return anchor === 0 ? [] : [[symbol, { symbol, anchor, fair: anchor }]];
  }),
);
// Level by level, so that every symbol has a best bid and ask within the first two seconds.
const slots: readonly Slot[] = LEVELS.flatMap((level) =>
  [...opinions.keys()].flatMap((symbol) => SIDES.map((side) => ({ symbol, side, level }))),
);

const run = `mm-${Date.now().toString(36)}`;
let count = 0;

const send = (client: TradingClient, wish: Wish, timeInForce: "GTC" | "IOC") => {
  count += 1;
  return client.place({
    symbol: wish.symbol,
    direction: wish.side,
    order_type: "limit",
    quantity: wish.quantity,
    price: (wish.price / 100).toFixed(2),
    time_in_force: timeInForce,
    client_order_id: `${run}-${count}`,
  });
};

const standing = new Map<Slot, string>();

/** The new quote first, then the old one goes: the book is never without. */
const replace = async (slot: Slot, opinion: Opinion): Promise<void> => {
  const old = standing.get(slot);
  const placed = await send(maker, quote(opinion, slot.side, slot.level, random), "GTC");
  if (placed !== undefined) standing.set(slot, placed);
  else standing.delete(slot);
  if (old !== undefined) await maker.cancel(old);
};

const tick = async (number: number): Promise<void> => {
  const slot = slots[number % slots.length];
  const known = slot === undefined ? undefined : opinions.get(slot.symbol);
  if (slot === undefined || known === undefined) return;
  const opinion = drift(known, random);
  opinions.set(slot.symbol, opinion);
  await replace(slot, opinion);
  if (number % TAKE_EVERY === 0) await send(taker, takeOrFollow(known, opinion, random), "IOC");
};

/** Whatever a former run left open would stand in the book for ever. */
const clearOld = async (): Promise<void> => {
  for (const client of [maker, taker])
    for (const orderId of await client.openOrders()) await client.cancel(orderId);
};

/** Runs a step until somebody answers; an outage is told once, when it begins and when it ends. */
const persist = async (step: () => Promise<void>): Promise<void> => {
  for (let failures = 0; ; failures += 1) {
    try {
      await step();
      if (failures > 0) logger.info({ failures }, "the orders service answers again");
      return;
    } catch (error) {
      if (failures === 0) logger.warn({ err: error }, "the orders service does not answer");
      await delay(OUTAGE_WAIT_MS);
    }
  }
};

await persist(clearOld);
for (let number = 0; ; number += 1) {
  await persist(() => tick(number));
  await delay(TICK_MS);
}
