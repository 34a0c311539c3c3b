import { shares } from "../../layers/domain/units.ts";
import { adminOf } from "../../layers/http/admin-call.ts";
import { endpoint } from "../../layers/http/endpoint.ts";
import { refusedField } from "../../layers/http/identity/identity-problems.ts";
import { notFound, type Problem } from "../../layers/http/problem.ts";
import { refused } from "../../layers/http/refused.ts";
import { showInstrument } from "../../layers/representation/instrument.ts";
import { runtime } from "../../layers/runtime.ts";
import type { Listing } from "../../layers/store/market/reference-data.ts";
import {
  changeInstrument,
  createInstrument,
  type InstrumentRefusal,
  listInstruments,
} from "./admin-instruments.ts";
import {
  changeInstrumentContract,
  createInstrumentContract,
  listAdminInstrumentsContract,
} from "./contract.ts";

const { database } = runtime;

export const listHandler = endpoint(runtime, listAdminInstrumentsContract, async (call) => {
  const listings = await listInstruments(database, adminOf(call));
  return { status: 200, body: { instruments: listings.map(show) } };
});

export const createHandler = endpoint(runtime, createInstrumentContract, async (call) => {
  const { instrument } = call.body;
  const terms = {
    name: instrument.name,
    tickSize: instrument.tick_size,
    lotSize: shares(instrument.lot_size ?? 1),
    minQuantity: shares(instrument.min_quantity ?? instrument.lot_size ?? 1),
    maxQuantity: shares(instrument.max_quantity),
    maxNotional: instrument.max_notional,
    referencePrice: instrument.reference_price ?? undefined,
    priceBandBps: instrument.price_band_bps,
    duplicateWindowMs: instrument.duplicate_window_ms ?? 1_000,
    calendar: instrument.calendar ?? "ALWAYS",
  };
  const { symbol } = instrument;
  const outcome = await createInstrument(database, adminOf(call), { symbol, terms });
  if (!outcome.ok) throw problemOf(outcome.failure);
  return { status: 201, body: show(outcome.value) };
});

export const changeHandler = endpoint(runtime, changeInstrumentContract, async (call) => {
  const { instrument, reason } = call.body;
  const change = {
    name: instrument.name,
    tickSize: instrument.tick_size,
    lotSize: instrument.lot_size === undefined ? undefined : shares(instrument.lot_size),
    minQuantity:
      instrument.min_quantity === undefined ? undefined : shares(instrument.min_quantity),
    maxQuantity:
      instrument.max_quantity === undefined ? undefined : shares(instrument.max_quantity),
    maxNotional: instrument.max_notional,
    referencePrice: instrument.reference_price,
    priceBandBps: instrument.price_band_bps,
    duplicateWindowMs: instrument.duplicate_window_ms,
    calendar: instrument.calendar,
  };
  const { symbol } = call.params;
  const outcome = await changeInstrument(database, adminOf(call), { symbol, change, reason });
  if (!outcome.ok) throw problemOf(outcome.failure);
  return { status: 200, body: show(outcome.value) };
});

const show = ({ instrument, sessions }: Listing) => showInstrument(instrument, sessions);

/** The field to change when no order could ever be accepted with the terms. */
const UNTRADABLE = {
  tick_too_small: ["tick_size", "is too small for the reference price"],
  off_tick: ["reference_price", "must be a multiple of the tick size"],
  no_whole_lot: ["max_quantity", "leaves no whole number of lots above the smallest quantity"],
  max_notional_too_small: ["max_notional", "is below the value of the smallest order"],
  calendar_over: ["calendar", "has no session any more: its holidays are not known"],
} as const;

/** The field of a refusal that has a code of its own. */
const FIELDS = {
  symbol_taken: ["symbol", "is taken"],
  unknown_calendar: ["calendar", "must be the code of a market calendar"],
  quantity_range: ["min_quantity", "must be at most the largest quantity"],
} as const;

const problemOf = ({ code }: InstrumentRefusal): Problem => {
  if (code === "not_found") return notFound("There is no such instrument.");
  if (code === "instrument_in_use") return refused({ code });
  if (code === "symbol_taken" || code === "unknown_calendar" || code === "quantity_range") {
    const [name, message] = FIELDS[code];
    return refused({ code, errors: [{ path: `instrument.${name}`, code, message }] });
  }
  const [name, message] = UNTRADABLE[code];
  return refusedField(`instrument.${name}`, code, message);
};
