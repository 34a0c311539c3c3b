import { setTimeout as delay } from "node:timers/promises";
import { LRUCache } from "lru-cache";
import { type KillSwitch, stoppedBy } from "../domain/control.ts";
import type { ClientId, Ticker } from "../domain/identifiers.ts";
import type { Instrument } from "../domain/instrument.ts";
import { limitedFor, NO_OWN_LIMITS } from "../domain/limit.ts";
import { type Sessions, sessionsAround } from "../domain/session.ts";
import { type Clock, systemClock } from "../platform/clock.ts";
import { type Account, findAccounts } from "./accounts.ts";
import { listCalendars } from "./calendars.ts";
import { listKillSwitches } from "./controls.ts";
import type { Executor } from "./database.ts";
import { gather } from "./gather.ts";
import { listInstruments } from "./instruments.ts";

/** An instrument and the sessions of its market. */
export type Listing = { readonly instrument: Instrument; readonly sessions: Sessions };

/** All that one client's order in one symbol is checked against. */
export type OrderFacts = {
  readonly account: Account | undefined;
  /** With the client's own limits where they are the stricter ones. */
  readonly instrument: Instrument | undefined;
  readonly stoppedBy: KillSwitch | undefined;
  readonly sessions: Sessions | undefined;
};

/** What orders are checked against and what changes rarely: read from memory, refreshed often. */
export type ReferenceData = {
  readonly account: (clientId: ClientId) => Promise<Account | undefined>;
  readonly instrument: (symbol: Ticker) => Promise<Instrument | undefined>;
  readonly listings: () => Promise<readonly Listing[]>;
  readonly orderFacts: (clientId: ClientId, symbol: Ticker) => Promise<OrderFacts>;
};

/**
 * How old a fact may be: it is read again in the background while it is still used, so that hardly a
 * request waits for it. What must not be old is checked again by the statement that writes.
 */
const FRESH_MS = 400;
const USABLE_MS = 900;
/** A request that finds a fact not quite fresh is answered first. */
const AFTER_MS = 10;
const ACCOUNTS_MAX = 10_000;

type Market = {
  readonly listings: ReadonlyMap<string, Listing>;
  readonly killSwitches: readonly KillSwitch[];
};

const NEVER_OPEN: Sessions = { lastEnd: undefined, current: undefined, next: undefined };

/** Every instrument with its sessions, as the database has them now. */
export const readListings = async (db: Executor, now: Date): Promise<readonly Listing[]> => {
  const [instruments, calendars] = await Promise.all([listInstruments(db), listCalendars(db)]);
  const sessions = new Map(calendars.map((one) => [one.code, sessionsAround(one, now)]));
  return instruments.map((instrument) => ({
    instrument,
    sessions: sessions.get(instrument.calendar) ?? NEVER_OPEN,
  }));
};

const readMarket = async (db: Executor, now: Date): Promise<Market> => {
  const [listings, killSwitches] = await Promise.all([readListings(db, now), listKillSwitches(db)]);
  return {
    listings: new Map(listings.map((one) => [one.instrument.symbol, one])),
    killSwitches,
  };
};

/** A small cache a process: what an operator changes is enforced everywhere within a second. */
export const createReferenceData = (db: Executor, clock: Clock = systemClock): ReferenceData => {
  const readAccount = gather((clientIds: readonly ClientId[]) => findAccounts(db, clientIds));
  const findOwner = remember(ACCOUNTS_MAX, async (clientId: ClientId) => ({
    found: await readAccount(clientId),
  }));
  const findMarket = remember(1, (_: "all") => readMarket(db, clock()));
  const account = async (clientId: ClientId) => (await findOwner(clientId)).found;
  const market = () => findMarket("all");
  return {
    account,
    instrument: async (symbol) => (await market()).listings.get(symbol)?.instrument,
    listings: async () => [...(await market()).listings.values()],
    orderFacts: async (clientId, symbol) => {
      const [owner, { listings, killSwitches }] = await Promise.all([account(clientId), market()]);
      const listing = listings.get(symbol);
      return {
        account: owner,
        instrument: listing && limitedFor(listing.instrument, owner ?? NO_OWN_LIMITS),
        stoppedBy: stoppedBy(killSwitches, { clientId, symbol }),
        sessions: listing?.sessions,
      };
    },
  };
};

/** Reads a fact again when it is no longer fresh, and waits for it only when it is no longer usable. */
const remember = <Key extends string, Fact extends object>(
  max: number,
  read: (key: Key) => Promise<Fact>,
): ((key: Key) => Promise<Fact>) => {
  const facts = new LRUCache<Key, Fact, boolean>({
    max,
    ttl: FRESH_MS,
    allowStale: true,
    fetchMethod: async (key, known, { context: nobodyWaits }) => {
      if (nobodyWaits && known !== undefined) await delay(AFTER_MS);
      return read(key);
    },
  });
  return (key) => {
    // Deleting it would fail whoever waits for it to be read again at this moment.
    const allowStale = facts.getRemainingTTL(key) >= FRESH_MS - USABLE_MS;
    return facts.forceFetch(key, { allowStale, context: allowStale });
  };
};
