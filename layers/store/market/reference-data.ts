import { setTimeout as delay } from "node:timers/promises";
import { LRUCache } from "lru-cache";
import type { ClientId, Ticker } from "../../domain/identifiers.ts";
import type { Instrument } from "../../domain/market/instrument.ts";
import { type Sessions, sessionsAround } from "../../domain/market/session.ts";
import { type KillSwitch, stoppedBy } from "../../domain/orders/control.ts";
import { limitedFor, NO_OWN_LIMITS } from "../../domain/orders/limit.ts";
import { type Clock, systemClock } from "../../platform/clock.ts";
import { type Account, findAccounts, listChangedAccounts } from "../orders/accounts.ts";
import { listKillSwitches } from "../orders/controls.ts";
import type { Executor } from "../pg/database.ts";
import { gather } from "../pg/gather.ts";
import { listCalendars } from "./calendars.ts";
import { listInstruments } from "./instruments.ts";

/** An instrument and the sessions of its market. */
export type Listing = { readonly instrument: Instrument; readonly sessions: Sessions };

/** Everything that a client's order in a symbol is checked against. */
export type OrderFacts = {
  readonly account: Account | undefined;
  /** The instrument, with the client's own limits where these are stricter. */
  readonly instrument: Instrument | undefined;
  readonly stoppedBy: KillSwitch | undefined;
  readonly sessions: Sessions | undefined;
};

/** Facts for checking orders that change rarely: read from memory and refreshed often. */
export type ReferenceData = {
  readonly account: (clientId: ClientId) => Promise<Account | undefined>;
  readonly instrument: (symbol: Ticker) => Promise<Instrument | undefined>;
  readonly listings: () => Promise<readonly Listing[]>;
  readonly orderFacts: (clientId: ClientId, symbol: Ticker) => Promise<OrderFacts>;
};

/**
 * The largest age of a fact. It is refreshed in the background while it is still used, so that
 * hardly any request waits. Facts that must be current are checked again by the statement that
 * writes.
 */
const FRESH_MS = 400;
const USABLE_MS = 900;
/** The pause before a refresh in the background, so that the request is answered first. */
const AFTER_MS = 10;
const ACCOUNTS_MAX = 50_000;
/** Changed accounts are listed for a minute; the cache must read the list more often than that. */
const LOOK_EVERY_MS = 30_000;

type Market = {
  readonly listings: ReadonlyMap<string, Listing>;
  readonly killSwitches: readonly KillSwitch[];
  /** The accounts that changed lately. */
  readonly changed: readonly ClientId[];
};

const NEVER_OPEN: Sessions = { lastEnd: undefined, current: undefined, next: undefined };

/** Every instrument with its sessions, as it is in the database now. */
export const readListings = async (db: Executor, now: Date): Promise<readonly Listing[]> => {
  const [instruments, calendars] = await Promise.all([listInstruments(db), listCalendars(db)]);
  const sessions = new Map(
    calendars.map((calendar) => [calendar.code, sessionsAround(calendar, now)]),
  );
  return instruments.map((instrument) => ({
    instrument,
    sessions: sessions.get(instrument.calendar) ?? NEVER_OPEN,
  }));
};

const readMarket = async (db: Executor, now: Date): Promise<Market> => {
  const [listings, killSwitches, changed] = await Promise.all([
    readListings(db, now),
    listKillSwitches(db),
    listChangedAccounts(db),
  ]);
  return {
    listings: new Map(listings.map((listing) => [listing.instrument.symbol, listing])),
    killSwitches,
    changed,
  };
};

/**
 * A small cache for each process: an operator's change takes effect everywhere within a second. An
 * account stays in memory until it is in the list of changed accounts.
 */
export const createReferenceData = (
  db: Executor,
  {
    clock = systemClock,
    readsAhead = true,
  }: { readonly clock?: Clock; readonly readsAhead?: boolean } = {},
): ReferenceData => {
  const readAccount = gather((clientIds: readonly ClientId[]) => findAccounts(db, clientIds));
  const accounts = new LRUCache<ClientId, Account>({ max: ACCOUNTS_MAX });
  let readAt = Number.NEGATIVE_INFINITY;
  const market = remember(
    async () => {
      const now = clock();
      const found = await readMarket(db, now);
      // When the list was not read for this long, an account may have entered the list and left it
      // again.
      if (Math.abs(now.getTime() - readAt) > LOOK_EVERY_MS) accounts.clear();
      readAt = now.getTime();
      for (const clientId of found.changed) accounts.delete(clientId);
      return found;
    },
    { clock, readsAhead },
  );
  const accountOf = async (clientId: ClientId): Promise<Account | undefined> => {
    const known = accounts.get(clientId);
    if (known !== undefined) return known;
    const found = await readAccount(clientId);
    if (found !== undefined) accounts.set(clientId, found);
    return found;
  };
  return {
    account: async (clientId) => {
      await market(); // removes changed accounts from memory
      return accountOf(clientId);
    },
    instrument: async (symbol) => (await market()).listings.get(symbol)?.instrument,
    listings: async () => [...(await market()).listings.values()],
    orderFacts: async (clientId, symbol) => {
      const now = await market();
      const owner = await accountOf(clientId);
      const listing = now.listings.get(symbol);
      return {
        account: owner,
        instrument: listing && limitedFor(listing.instrument, owner ?? NO_OWN_LIMITS),
        stoppedBy: stoppedBy(now.killSwitches, { clientId, symbol }),
        sessions: listing?.sessions,
      };
    },
  };
};

/**
 * Reads a fact again when it is no longer fresh, and waits for it only when it is no longer usable
 * or when the process cannot continue to work after its answer (`readsAhead` is false).
 */
const remember = <Fact>(
  read: () => Promise<Fact>,
  { clock, readsAhead }: { readonly clock: Clock; readonly readsAhead: boolean },
): (() => Promise<Fact>) => {
  let known: { readonly fact: Promise<Fact>; readonly at: number } | undefined;
  let reading: Promise<Fact> | undefined;
  const readNow = async (afterMs: number): Promise<Fact> => {
    if (afterMs > 0) await delay(afterMs);
    const at = clock().getTime();
    const fact = await read();
    known = { fact: Promise.resolve(fact), at };
    return fact;
  };
  const readAgain = (afterMs: number): Promise<Fact> => {
    reading ??= readNow(afterMs).finally(() => {
      reading = undefined;
    });
    return reading;
  };
  return () => {
    // Uses the distance, not the difference: a clock that was set back must not keep an old fact
    // alive.
    const age = Math.abs(clock().getTime() - (known?.at ?? -Infinity));
    if (known !== undefined && age < FRESH_MS) return known.fact;
    if (known === undefined || age >= USABLE_MS || !readsAhead) return readAgain(0);
    readAgain(AFTER_MS).catch(() => {}); // a caller that needs it when it is no longer usable gets the error
    return known.fact;
  };
};
