import { z } from "zod";
import { reasonField } from "../../layers/http/admin-fields.ts";
import { contract } from "../../layers/http/contract.ts";
import { moneyField, symbolField, wholeField } from "../../layers/http/fields.ts";
import { instrumentOut } from "../../layers/representation/instrument.ts";

/** The engine counts ticks and lots in 31 bits. */
const SHARES_MAX = 2_000_000_000;

const aboveZero = moneyField.refine((amount) => amount > 0n, {
  error: "must be above zero",
  params: { code: "invalid_money" },
});

const terms = {
  name: z.string().regex(/^[\x20-\x7e]{1,100}$/, "must be 1 to 100 printable characters"),
  tick_size: aboveZero,
  lot_size: wholeField(1, 1_000_000),
  min_quantity: wholeField(1, SHARES_MAX),
  max_quantity: wholeField(1, SHARES_MAX),
  max_notional: aboveZero,
  reference_price: aboveZero.nullable(),
  price_band_bps: wholeField(1, 10_000),
  duplicate_window_ms: wholeField(0, 10_000),
  calendar: z.string().regex(/^[A-Z0-9_]{1,16}$/, "must be the code of a market calendar"),
};

/** An example of an instrument to list. */
const NEW_INSTRUMENT = {
  ...{ symbol: "NEWCO", name: "New Venture", tick_size: "0.01", reference_price: "20.00" },
  ...{ max_quantity: 100_000, max_notional: "1000000.00", price_band_bps: 1_000 },
  calendar: "ALWAYS",
};

const promise = { tag: "admin", access: "admin" } as const;

export const listAdminInstrumentsContract = contract({
  ...promise,
  operationId: "listAdminInstruments",
  summary: "List the instruments as they are in the database now.",
  method: "GET",
  path: "/api/v1/admin/instruments",
  answers: {
    200: {
      description: "Every instrument, by symbol.",
      schema: z.strictObject({ instruments: z.array(instrumentOut) }),
    },
  },
  problems: [],
});

export const createInstrumentContract = contract({
  ...promise,
  operationId: "createInstrument",
  summary: "Add an instrument and open its book.",
  method: "POST",
  path: "/api/v1/admin/instruments",
  body: z
    .strictObject({
      instrument: z.strictObject({
        ...terms,
        symbol: symbolField,
        lot_size: terms.lot_size.optional(),
        min_quantity: terms.min_quantity.optional(),
        reference_price: terms.reference_price.optional(),
        duplicate_window_ms: terms.duplicate_window_ms.optional(),
        calendar: terms.calendar.optional(),
      }),
    })
    .meta({ examples: [{ instrument: NEW_INSTRUMENT }] }),
  answers: { 201: { description: "The instrument trades.", schema: instrumentOut } },
  problems: ["symbol_taken", "unknown_calendar", "quantity_range"],
});

export const changeInstrumentContract = contract({
  ...promise,
  operationId: "changeInstrument",
  summary:
    "Change an instrument's limits, calendar, tick or lot size. Absent fields stay unchanged.",
  method: "PATCH",
  path: "/api/v1/admin/instruments/{symbol}",
  params: z.strictObject({ symbol: symbolField }),
  body: z
    .strictObject({
      instrument: z.strictObject(terms).partial(),
      reason: reasonField,
    })
    .meta({ examples: [{ instrument: { max_quantity: 500 }, reason: "thin market" }] }),
  answers: { 200: { description: "The instrument after the change.", schema: instrumentOut } },
  problems: ["not_found", "unknown_calendar", "quantity_range", "instrument_in_use"],
});
