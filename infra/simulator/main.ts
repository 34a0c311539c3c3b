import { setTimeout as delay } from "node:timers/promises";
import { createLogger } from "../../layers/platform/logger.ts";
import { DEMO_INSTRUMENTS } from "../postgres/demo.ts";
import { simulatorKey } from "../postgres/simulator-key.ts";
import { parseMarket } from "./market.ts";
import { participate, type Slot, type Step } from "./participants.ts";
import type { Wish } from "./quotes.ts";
import { createTradingClient, type TradingClient } from "./trading-client.ts";

// The simulated participants. maker-1 quotes every demo symbol on both sides; maker-2 sends orders
// that trade, at random or after a move of the price. The seed alone determines their orders, which
// they place over HTTP like any client. Each step renews one quote and waits for the answers, so
// the rate is limited: at most the configured number of quotes and cancels a second, and fewer when
// answers are slow.

const market = parseMarket(process.env["SIMULATOR_MARKET"] ?? "calm");
if (market === undefined || market === "off")
  throw new Error("SIMULATOR_MARKET is calm, busy or a number of quotes a second, at most 100.");
const stepMs = 1_000 / market;
const OUTAGE_WAIT_MS = 1_000;

const urls = (process.env["ORDERS_URLS"] ?? "http://127.0.0.1:3101,http://127.0.0.1:3102").split(
  ",",
);
const logger = createLogger({ service: "simulator", level: "info" });
const secret = process.env["SIMULATOR_SECRET"];
if (secret === undefined || secret === "")
  throw new Error("SIMULATOR_SECRET is missing: the database was seeded with the same one.");
const trader = (email: string) => createTradingClient(simulatorKey(secret, email).text, urls);
const maker = trader("maker-1@brokerx.local");
const taker = trader("maker-2@brokerx.local");

const symbols = DEMO_INSTRUMENTS.flatMap(({ symbol, referencePrice }) =>
  referencePrice === undefined ? [] : [{ symbol, anchor: Number(referencePrice) / 100 }],
);
const steps = participate(Number(process.env["SIMULATOR_SEED"] ?? 1), symbols);

const run = `mm-${Date.now().toString(36)}`;

/** A retry sends the same client_order_id, so a lost answer never leaves a second order. */
const send = (client: TradingClient, name: string, wish: Wish, timeInForce: "GTC" | "IOC") =>
  client.place({
    symbol: wish.symbol,
    direction: wish.side,
    order_type: "limit",
    quantity: wish.quantity,
    price: (wish.price / 100).toFixed(2),
    time_in_force: timeInForce,
    client_order_id: `${run}-${name}`,
  });

const openQuotes = new Map<string, string>();
const nameOf = ({ symbol, side, level }: Slot): string => `${symbol} ${side} ${level}`;

/**
 * Places the new quote before it cancels the old one, so that the level is never empty. Safe to
 * repeat.
 */
const act = async ({ slot, quote, take }: Step, number: number): Promise<void> => {
  const name = nameOf(slot);
  const old = openQuotes.get(name);
  const placed = await send(maker, `${number}-quote`, quote, "GTC");
  if (old !== undefined && placed !== old) await maker.cancel(old);
  if (placed !== undefined) openQuotes.set(name, placed);
  else openQuotes.delete(name);
  if (take !== undefined) await send(taker, `${number}-take`, take.wish, "IOC");
};

/** Orders of an earlier run would otherwise rest in the book for ever. */
const clearOld = async (): Promise<void> => {
  for (const client of [maker, taker])
    for (const orderId of await client.openOrders()) await client.cancel(orderId);
};

/**
 * Repeats a step until the service answers. Logs an outage once when it begins and once when it
 * ends.
 */
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
let number = 0;
for (const step of steps) {
  number += 1;
  await persist(() => act(step, number));
  await delay(stepMs);
}
