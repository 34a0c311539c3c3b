import type { ClientId } from "../domain/identifiers.ts";
import { type Money, money, shares } from "../domain/units.ts";
import { newUuid } from "../platform/ids.ts";
import { type Database, type Executor, sql } from "../store/pg/database.ts";
import { createClient, fundCash, fundShares } from "../store/seeding/fund.ts";
import {
  listInstrument,
  type NewInstrument,
  usualInstrument,
} from "../store/seeding/instrument.ts";

const HUNDRED = money(1_000_000n);

/** Creates a session for `authorizationOf`; its id is the client's own. */
export const openTestSession = async (executor: Executor, clientId: ClientId): Promise<void> => {
  await executor.query(sql`
    insert into identity.session (session_id, client_id) values (${clientId}, ${clientId})
    on conflict do nothing`);
};

/**
 * Creates an active client with this cash and these shares (bought at 100.00 each), ready to trade.
 */
export const createTestClient = async (
  database: Database,
  holdings: {
    readonly cash?: Money;
    readonly shares?: Readonly<Record<string, number>>;
    readonly email?: string;
    readonly maxOpenOrders?: number;
    readonly maxOrdersPerSecond?: number;
    readonly maxOrderBurst?: number;
    readonly roles?: readonly string[];
  } = {},
): Promise<ClientId> => {
  const clientId = newUuid() as ClientId;
  await database.transaction(async (tx) => {
    await createClient(tx, {
      clientId,
      email: holdings.email ?? `${clientId}@test.example`,
      firstName: "Test",
      lastName: "Client",
      passwordHash: "no password opens this account",
      maxOpenOrders: holdings.maxOpenOrders ?? 1_000,
      maxOrdersPerSecond: holdings.maxOrdersPerSecond ?? 100_000,
      maxOrderBurst: holdings.maxOrderBurst ?? 1_000_000,
      roles: holdings.roles ?? [],
    });
    await openTestSession(tx, clientId);
    if (holdings.cash !== undefined) await fundCash(tx, clientId, holdings.cash);
    for (const [symbol, count] of Object.entries(holdings.shares ?? {}))
      await fundShares(tx, clientId, { symbol, quantity: shares(count), price: HUNDRED });
  });
  return clientId;
};

/** Lists an instrument with an open book: reference price 100.00 and the demo market's rules. */
export const createInstrument = (
  database: Database,
  symbol: string,
  overrides: Partial<NewInstrument> = {},
): Promise<void> =>
  database.transaction((tx) =>
    listInstrument(tx, { ...usualInstrument(symbol, symbol, HUNDRED), ...overrides }),
  );
