import assert from "node:assert/strict";
import { test } from "node:test";
import { usd } from "../../testing/terms.ts";
import type { ClientId, Ticker } from "../identifiers.ts";
import type { Instrument } from "../market/instrument.ts";
import type { Sessions } from "../market/session.ts";
import { shares } from "../units.ts";
import type { KillSwitch } from "./control.ts";
import { checkOrder, listChecks, type PreTradeFacts } from "./pre-trade.ts";

const now = new Date("2026-11-23T15:00:00Z");
const session = (from: string, until: string) => ({
  opensAt: new Date(`2026-11-23T${from}:00Z`),
  closesAt: new Date(`2026-11-23T${until}:00Z`),
});
const OPEN: Sessions = { lastEnd: undefined, current: session("14:30", "21:00"), next: undefined };
const LATER: Sessions = { lastEnd: undefined, current: undefined, next: session("16:00", "17:00") };

const instrument: Instrument = {
  ...{ symbol: "AAPL" as Ticker, name: "Apple", currency: "USD", status: "trading" },
  ...{ tickSize: usd("0.01"), lotSize: shares(10), minQuantity: shares(10) },
  ...{ maxQuantity: shares(1_000), maxNotional: usd("50000"), referencePrice: usd("100") },
  ...{ priceBandBps: 1_000, duplicateWindowMs: 1_000, calendar: "ALWAYS" },
};

const good: PreTradeFacts = {
  terms: {
    ...{ symbol: "AAPL" as Ticker, direction: "buy", orderType: "limit", quantity: shares(10) },
    ...{ price: usd("101"), stopPrice: undefined, timeInForce: "DAY", expiresAt: undefined },
    ...{ postOnly: false, selfTradePrevention: "expire_taker", clientOrderId: undefined },
  },
  account: { status: "active" },
  ...{ instrument, stoppedBy: undefined, sessions: OPEN, now },
};

const killed: KillSwitch = {
  ...{ scope: "symbol", subject: "AAPL", reason: "a test" },
  ...{ setBy: "admin" as ClientId, setAt: now },
};

const refusal = (facts: PreTradeFacts): string => {
  const outcome = checkOrder(facts);
  return outcome.ok ? "accepted" : outcome.failure.code;
};

/**
 * Faults of an order in the order of the checks: each is reported only after the ones before it are
 * corrected.
 */
const WRONGS: readonly (readonly [string, (facts: PreTradeFacts) => PreTradeFacts])[] = [
  ["client_not_active", (facts) => ({ ...facts, account: { status: "suspended" } })],
  ["kill_switch", (facts) => ({ ...facts, stoppedBy: killed })],
  [
    "instrument_not_tradable",
    (facts) => ({
      ...facts,
      instrument: facts.instrument && { ...facts.instrument, status: "halted" },
    }),
  ],
  ["post_only_not_allowed", (facts) => ({ ...facts, terms: { ...facts.terms, postOnly: true } })],
  [
    "calendar_ends",
    (facts) => ({ ...facts, sessions: { ...(facts.sessions ?? OPEN), knownUntil: now } }),
  ],
  ["market_closed", (facts) => ({ ...facts, sessions: LATER })],
  ["invalid_tick", (facts) => ({ ...facts, terms: { ...facts.terms, price: usd("900.001") } })],
  ["invalid_lot", (facts) => ({ ...facts, terms: { ...facts.terms, quantity: shares(100_005) } })],
  [
    "quantity_limit",
    (facts) => ({ ...facts, terms: { ...facts.terms, quantity: shares(100_000) } }),
  ],
  ["notional_limit", (facts) => ({ ...facts, terms: { ...facts.terms, price: usd("9000") } })],
  [
    "price_band",
    (facts) => ({
      ...facts,
      terms: { ...facts.terms, price: usd("110.01"), quantity: shares(10) },
    }),
  ],
];

test("of several faults the first in the documented order is reported", () => {
  const immediate: PreTradeFacts = { ...good, terms: { ...good.terms, timeInForce: "IOC" } };
  assert.equal(refusal(immediate), "accepted");
  for (const [index, [code]] of WRONGS.entries()) {
    const facts = WRONGS.slice(index).reduceRight((made, [, wrong]) => wrong(made), immediate);
    assert.equal(refusal(facts), code);
  }
  assert.equal(refusal({ ...good, instrument: undefined, sessions: undefined }), "unknown_symbol");
});

test("every check of a valid order is listed, in the order in which the checks are made", () => {
  const checks = listChecks(good);
  assert.ok(checks.every(({ ok }) => ok));
  assert.deepEqual(
    checks.map(({ check }) => check),
    [
      ...["client_active", "kill_switch", "instrument_known", "instrument_tradable", "order_shape"],
      ...["session", "tick_size", "lot_size", "quantity", "notional", "price_band"],
    ],
  );
});

test("outside a session only orders that can wait are accepted, and none when the market never opens again", () => {
  const closed = { ...good, sessions: LATER };
  const immediate = { ...good.terms, timeInForce: "FOK" } as const;
  assert.equal(refusal(closed), "accepted");
  assert.equal(refusal({ ...closed, terms: immediate }), "market_closed");
  assert.equal(refusal({ ...closed, replaces: true }), "market_closed");
  assert.equal(
    refusal({ ...closed, now: session("16:00", "17:00").opensAt, terms: immediate }),
    "accepted",
  );
  const never = { lastEnd: undefined, current: undefined, next: undefined };
  assert.equal(refusal({ ...good, sessions: never }), "market_closed");
});

test("an order that is too large is refused as too large even without a reference price", () => {
  const priceless = { ...good, instrument: { ...instrument, referencePrice: undefined } };
  assert.equal(refusal(priceless), "no_reference_price");
  const large = { ...good.terms, price: usd("9000"), quantity: shares(1_000) };
  assert.equal(refusal({ ...priceless, terms: large }), "notional_limit");
});

test("an order must end before the calendar data of its market ends", () => {
  const knownUntil = new Date(now.getTime() + 86_400_000);
  const ending = { ...good, sessions: { ...OPEN, knownUntil } };
  const until = (expiresAt: Date): PreTradeFacts => ({
    ...ending,
    terms: { ...good.terms, timeInForce: "GTD", expiresAt },
  });
  assert.equal(refusal(ending), "accepted");
  assert.equal(refusal(until(knownUntil)), "accepted");
  assert.equal(refusal(until(new Date(knownUntil.getTime() + 1))), "calendar_ends");
  const beyond = { knownUntil, lastEnd: undefined, current: undefined, next: undefined };
  assert.equal(refusal({ ...good, sessions: beyond }), "calendar_ends");
});
