import { LRUCache } from "lru-cache";
import type { ClientId, Ticker } from "../domain/identifiers.ts";
import type { Instrument } from "../domain/instrument.ts";
import { type Account, findAccount } from "./accounts.ts";
import type { Executor } from "./database.ts";
import { listInstruments } from "./instruments.ts";

/** What orders are checked against and what changes rarely: read from memory, refreshed often. */
export type ReferenceData = {
  readonly account: (clientId: ClientId) => Promise<Account | undefined>;
  readonly instrument: (symbol: Ticker) => Promise<Instrument | undefined>;
};

/** How long a fact may be old. What must not be old is checked again by the statement that writes. */
const TTL_MS = 500;
const ACCOUNTS_MAX = 10_000;

type Instruments = ReadonlyMap<string, Instrument>;

export const createReferenceData = (db: Executor): ReferenceData => {
  const accounts = new LRUCache<ClientId, { readonly found: Account | undefined }>({
    max: ACCOUNTS_MAX,
    ttl: TTL_MS,
    fetchMethod: async (clientId) => ({ found: await findAccount(db, clientId) }),
  });
  const instruments = new LRUCache<"all", Instruments>({
    max: 1,
    ttl: TTL_MS,
    fetchMethod: async () =>
      new Map((await listInstruments(db)).map((instrument) => [instrument.symbol, instrument])),
  });
  return {
    account: async (clientId) => (await accounts.fetch(clientId))?.found,
    instrument: async (symbol) => (await instruments.fetch("all"))?.get(symbol),
  };
};
