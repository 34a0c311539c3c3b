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
/** A request that finds a fact not quite fresh is answered before it is read again. */
const AFTER_MS = 10;
const ACCOUNTS_MAX = 50_000;
/** Accounts are listed as changed for a minute; accounts in memory need a look more often than that. */
const LOOK_EVERY_MS = 30_000;

type Market = {
  readonly listings: ReadonlyMap<string, Listing>;
  readonly killSwitches: readonly KillSwitch[];
  /** Whose accounts have changed lately. */
  readonly changed: readonly ClientId[];
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
  const [listings, killSwitches, changed] = await Promise.all([
    readListings(db, now),
    listKillSwitches(db),
    listChangedAccounts(db),
  ]);
  return {
    listings: new Map(listings.map((one) => [one.instrument.symbol, one])),
    killSwitches,
    changed,
  };
};

/**
 * A small cache a process: what an operator changes is enforced everywhere within a second. An account
 * is kept until it is among those that have changed.
 */
export const createReferenceData = (db: Executor, clock: Clock = systemClock): ReferenceData => {
  const readAccount = gather((clientIds: readonly ClientId[]) => findAccounts(db, clientIds));
  const accounts = new LRUCache<ClientId, Account>({ max: ACCOUNTS_MAX });
  let readAt = Number.NEGATIVE_INFINITY;
  const market = remember(async () => {
    const now = clock();
    const found = await readMarket(db, now);
    // Without a look for so long, accounts may have changed that are no longer listed as changed.
    if (Math.abs(now.getTime() - readAt) > LOOK_EVERY_MS) accounts.clear();
    readAt = now.getTime();
    for (const clientId of found.changed) accounts.delete(clientId);
    return found;
  }, clock);
  const accountOf = async (clientId: ClientId): Promise<Account | undefined> => {
    const known = accounts.get(clientId);
    if (known !== undefined) return known;
    const found = await readAccount(clientId);
    if (found !== undefined) accounts.set(clientId, found);
    return found;
  };
  return {
    account: async (clientId) => {
      await market(); // which forgets the accounts that have changed
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

/** Reads a fact again when it is no longer fresh, and waits for it only when it is no longer usable. */
const remember = <Fact>(read: () => Promise<Fact>, clock: Clock): (() => Promise<Fact>) => {
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
    // The distance, not the difference: a clock that was set back must not keep an old fact alive.
    const age = Math.abs(clock().getTime() - (known?.at ?? -Infinity));
    if (known !== undefined && age < FRESH_MS) return known.fact;
    if (known === undefined || age >= USABLE_MS) return readAgain(0);
    readAgain(AFTER_MS).catch(() => {}); // whoever comes when it is no longer usable is told
    return known.fact;
  };
};
