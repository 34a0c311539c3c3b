import type { PlaceRefusal } from "../../functions/place-order/place-order.ts";
import { placeOrder } from "../../functions/place-order/place-order.ts";
import type { ClientId, Ticker } from "../../layers/domain/identifiers.ts";
import type { OrderTerms } from "../../layers/domain/orders/order.ts";
import { money, shares } from "../../layers/domain/units.ts";
import { systemClock } from "../../layers/platform/clock.ts";
import { newUuid } from "../../layers/platform/ids.ts";
import { createReferenceData } from "../../layers/store/market/reference-data.ts";
import { createOrderBatcher, type OrderBatcher } from "../../layers/store/orders/order-batcher.ts";
import { type Database, openDatabase, sql } from "../../layers/store/pg/database.ts";
import { listInstrument, usualInstrument } from "../../layers/store/seeding/instrument.ts";

const CLIENTS = 10_000;
const CASH = 1_000_000_000_000_000n;
export const HUNDRED = money(1_000_000n);

/** A database with eight listed symbols and thousands of clients with enough cash. */
export type Market = {
  readonly database: Database;
  readonly clients: readonly ClientId[];
  /** A client without cash. */
  readonly broke: ClientId;
  /** Places a buy of one share at 100.00 through a batcher, as the use case does. */
  readonly place: (
    batcher: OrderBatcher,
    clientId: ClientId,
  ) => Promise<PlaceRefusal["code"] | "placed">;
};

export const SYMBOLS = Array.from({ length: 8 }, (_, index) => `S${"ABCDEFGH"[index]}` as Ticker);

/** A thousand clients who trade one symbol; those of the first symbol can trade every symbol. */
export const clientsOfSymbol = (clients: readonly ClientId[], index: number): readonly ClientId[] =>
  clients.slice(index * 1_000, (index + 1) * 1_000);

/** Fills the database and opens it with `poolSize` connections. */
export const openMarket = async (url: string, poolSize: number): Promise<Market> => {
  const database = openDatabase({ url, poolSize, applicationName: "bench" });
  await database.transaction(async (tx) => {
    for (const symbol of SYMBOLS)
      await listInstrument(tx, usualInstrument(symbol, symbol, HUNDRED));
  });
  const clients = Array.from({ length: CLIENTS }, () => newUuid() as ClientId);
  const broke = newUuid() as ClientId;
  await openAccounts(database, [...clients, broke]);
  await fund(database, clients, "USD", CASH);
  for (const [index, symbol] of SYMBOLS.entries()) {
    const own = clientsOfSymbol(clients, index);
    await fund(
      database,
      index === 0 ? own : [...clientsOfSymbol(clients, 0), ...own],
      symbol,
      CASH,
    );
  }
  const deps = {
    ...{ database, newId: newUuid, clock: systemClock },
    reference: createReferenceData(database),
  };
  const place: Market["place"] = async (batcher, clientId) => {
    const request = { clientId, terms: { ...TERMS, clientOrderId: newUuid() } };
    const outcome = await placeOrder(
      { ...deps, batcher },
      { ...request, correlationId: newUuid() },
    );
    return outcome.ok ? "placed" : outcome.failure.code;
  };
  return { database, clients, broke, place };
};

/** A batcher with its own connection, as in an instance of the function. */
export const openBatcher = async (
  url: string,
): Promise<{ readonly batcher: OrderBatcher; readonly end: () => Promise<void> }> => {
  const database = openDatabase({ url, poolSize: 1, applicationName: "bench single" });
  await database.query(sql`select 1 as connected`);
  return { batcher: createOrderBatcher(database), end: database.end };
};

export const TERMS: OrderTerms = {
  symbol: "SA" as Ticker,
  direction: "buy",
  orderType: "limit",
  quantity: shares(1),
  price: HUNDRED,
  stopPrice: undefined,
  timeInForce: "GTC",
  expiresAt: undefined,
  postOnly: false,
  selfTradePrevention: "expire_taker",
  clientOrderId: undefined,
};

const openAccounts = async (database: Database, clients: readonly ClientId[]): Promise<void> => {
  await database.query(sql`
    insert into trading.account (
      client_id, max_open_orders, max_orders_per_second, max_order_burst)
    select client_id, 1000000000, 100000, 1000000 from unnest(${clients}::uuid[]) as client_id`);
};

/** Amounts above the deposit limit, written as opening balances with their journal entries. */
const fund = async (
  database: Database,
  clients: readonly ClientId[],
  asset: string,
  amount: bigint,
): Promise<void> => {
  await database.query(sql`
    with entered as (
      insert into ledger.journal (
        kind, reference, asset, amount, debit_account, debit_bucket, credit_account, credit_bucket)
      select 'grant', 'bench', ${asset}, ${amount}, account_id, 'house', client_id, 'available'
      from unnest(${clients}::uuid[]) as client_id
      cross join ledger.house_account
      where name = 'custodian'
    )
    insert into ledger.balance (client_id, asset, available)
    select client_id, ${asset}, ${amount} from unnest(${clients}::uuid[]) as client_id`);
};
