import assert from "node:assert/strict";
import { test } from "node:test";
import type { Ticker } from "../identifiers.ts";
import type { Instrument } from "../market/instrument.ts";
import { judgeListing, type Listed } from "../market/listing.ts";
import { money, shares } from "../units.ts";
import { limitedFor, NO_OWN_LIMITS } from "./limit.ts";

const instrument: Instrument = {
  ...{ symbol: "AAPL" as Ticker, name: "Apple", currency: "USD", status: "trading" },
  ...{ tickSize: money(100n), lotSize: shares(1), minQuantity: shares(1) },
  ...{ maxQuantity: shares(100), maxNotional: money(1_000n), referencePrice: undefined },
  ...{ priceBandBps: 500, duplicateWindowMs: 1_000, calendar: "ALWAYS" },
};

test("a client without limits of its own has the instrument's", () => {
  assert.deepEqual(limitedFor(instrument, NO_OWN_LIMITS), instrument);
});

test("of two limits the stricter counts, the client's or the instrument's", () => {
  const strict = {
    maxQuantity: shares(5),
    maxNotional: money(10n),
    priceBandBps: 50,
    duplicateWindowMs: 5_000,
  };
  assert.deepEqual(limitedFor(instrument, strict), { ...instrument, ...strict });
  const lax = {
    maxQuantity: shares(500),
    maxNotional: money(99_999n),
    priceBandBps: 9_000,
    duplicateWindowMs: 0,
  };
  assert.deepEqual(limitedFor(instrument, lax), instrument);
});

const listed: Listed = { ...instrument, status: "halted", busy: false, lastPrice: undefined };

test("tick and lot size change only while an instrument is idle, other terms at any time", () => {
  const wider = { ...instrument, tickSize: money(500n) };
  const larger = { ...instrument, lotSize: shares(10) };
  const inUse = { code: "instrument_in_use" };
  for (const terms of [wider, larger]) {
    assert.equal(judgeListing(listed, terms), undefined);
    assert.equal(judgeListing({ ...listed, status: "closed" }, terms), undefined);
    assert.deepEqual(judgeListing({ ...listed, busy: true }, terms), inUse);
    assert.deepEqual(judgeListing({ ...listed, status: "trading" }, terms), inUse);
  }
  // With ticks of 0.0001 the engine can count up to 214748.3647.
  const finer = { ...instrument, tickSize: money(1n) };
  const at = (lastPrice: bigint) => judgeListing({ ...listed, lastPrice: money(lastPrice) }, finer);
  assert.equal(at(2_147_483_647n), undefined);
  assert.deepEqual(at(2_147_483_648n), { code: "tick_too_small" });
  const trading = { ...listed, status: "trading", busy: true } as const;
  assert.equal(judgeListing(trading, { ...instrument, maxQuantity: shares(7) }), undefined);
});

test("the smallest quantity may not be above the largest", () => {
  const upsideDown = { ...instrument, minQuantity: shares(101) };
  assert.deepEqual(judgeListing(undefined, upsideDown), { code: "quantity_range" });
  assert.deepEqual(judgeListing(listed, upsideDown), { code: "quantity_range" });
});
