import type { Ticker } from "../../layers/domain/identifiers.ts";
import {
  type BookState,
  judgeListing,
  keepsTickAndLot,
  type ListingRefusal,
  type ListingTerms,
} from "../../layers/domain/market/listing.ts";
import { accept, type Outcome, refuse } from "../../layers/domain/outcome.ts";
import { formatMoney } from "../../layers/domain/units.ts";
import { type Admin, administer } from "../../layers/store/identity/admins.ts";
import {
  type CalendarFault,
  findCalendarFault,
  insertListing,
  lockListed,
  lockTickAndLot,
  updateListing,
} from "../../layers/store/market/listings.ts";
import { type Listing, readListings } from "../../layers/store/market/reference-data.ts";
import type { Database } from "../../layers/store/pg/database.ts";

export type InstrumentRefusal =
  | ListingRefusal
  | { readonly code: "not_found" | "symbol_taken" | CalendarFault };

/** The changes: null removes the reference price, undefined leaves a term unchanged. */
type ListingChange = {
  readonly [Term in keyof ListingTerms]: ListingTerms[Term] | null | undefined;
};

type Listed = Outcome<Listing, InstrumentRefusal>;

/** Every instrument as it is in the database, not in the caches of the services. */
export const listInstruments = (database: Database, admin: Admin): Promise<readonly Listing[]> =>
  administer(database, admin, async (tx) => ({ result: await readListings(tx, new Date()) }));

/**
 * The currency codes of ISO 4217. The ledger identifies assets by currency or symbol, so shares with
 * such a symbol would be mistaken for cash, today in USD and later in any currency that is added.
 */
const CURRENCIES: ReadonlySet<string> = new Set(Intl.supportedValuesOf("currency"));

/** Lists an instrument. The matcher finds its book within a second. */
export const createInstrument = (
  database: Database,
  admin: Admin,
  { symbol, terms }: { readonly symbol: Ticker; readonly terms: ListingTerms },
): Promise<Listed> =>
  administer<Listed>(database, admin, async (tx) => {
    if (CURRENCIES.has(symbol)) return { result: refuse({ code: "symbol_taken" }) };
    const refusal = judgeListing(undefined, terms);
    if (refusal !== undefined) return { result: refuse(refusal) };
    const fault = await findCalendarFault(tx, terms.calendar);
    if (fault !== undefined) return { result: refuse({ code: fault }) };
    if (!(await insertListing(tx, symbol, terms)))
      return { result: refuse({ code: "symbol_taken" }) };
    const act = { action: "instrument_listed", subject: symbol, facts: factsOf(terms) };
    return { result: await found(tx, symbol), act };
  });

/** The book is not read when tick and lot size stay. */
const NOT_READ: BookState = { busy: true, lastPrice: undefined };

/** Changes an instrument. New limits apply everywhere within a second. */
export const changeInstrument = (
  database: Database,
  admin: Admin,
  request: { readonly symbol: Ticker; readonly change: ListingChange; readonly reason: string },
): Promise<Listed> =>
  administer<Listed>(database, admin, async (tx) => {
    const { symbol, change, reason } = request;
    const listed = await lockListed(tx, symbol);
    if (listed === undefined) return { result: refuse({ code: "not_found" }) };
    const terms = applied(listed, change);
    const book = keepsTickAndLot(listed, terms) ? NOT_READ : await lockTickAndLot(tx, symbol);
    const refusal = judgeListing({ ...listed, ...book }, terms);
    if (refusal !== undefined) return { result: refuse(refusal) };
    const fault =
      change.calendar === undefined ? undefined : await findCalendarFault(tx, terms.calendar);
    if (fault !== undefined) return { result: refuse({ code: fault }) };
    await updateListing(tx, symbol, terms);
    const facts = { ...factsOf(change), reason };
    return {
      result: await found(tx, symbol),
      act: { action: "instrument_changed", subject: symbol, facts },
    };
  });

const found = async (tx: Parameters<typeof readListings>[0], symbol: Ticker): Promise<Listed> => {
  const listing = (await readListings(tx, new Date())).find(
    ({ instrument }) => instrument.symbol === symbol,
  );
  return listing === undefined ? refuse({ code: "not_found" }) : accept(listing);
};

const applied = (now: ListingTerms, change: ListingChange): ListingTerms => ({
  name: change.name ?? now.name,
  tickSize: change.tickSize ?? now.tickSize,
  lotSize: change.lotSize ?? now.lotSize,
  minQuantity: change.minQuantity ?? now.minQuantity,
  maxQuantity: change.maxQuantity ?? now.maxQuantity,
  maxNotional: change.maxNotional ?? now.maxNotional,
  referencePrice:
    change.referencePrice === undefined ? now.referencePrice : (change.referencePrice ?? undefined),
  priceBandBps: change.priceBandBps ?? now.priceBandBps,
  duplicateWindowMs: change.duplicateWindowMs ?? now.duplicateWindowMs,
  calendar: change.calendar ?? now.calendar,
});

const factsOf = (terms: object): Readonly<Record<string, string | number | null>> =>
  Object.fromEntries(
    Object.entries(terms).flatMap(([name, value]: [string, string | number | bigint | null]) =>
      value === undefined ? [] : [[name, typeof value === "bigint" ? formatMoney(value) : value]],
    ),
  );
