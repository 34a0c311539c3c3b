import assert from "node:assert/strict";
import type { ClientId, OrderId, Ticker } from "../../layers/domain/identifiers.ts";
import type { SequencedCommand } from "../../layers/domain/orders/command.ts";
import type { OrderTerms } from "../../layers/domain/orders/order.ts";
import { shares } from "../../layers/domain/units.ts";
import { newUuid } from "../../layers/platform/ids.ts";
import type { PositionCache } from "../../layers/store/ledger/positions.ts";
import { settle } from "../../layers/store/matching/settlement.ts";
import { acceptOrders, type NewOrder } from "../../layers/store/orders/accept-orders.ts";
import { type Database, sql } from "../../layers/store/pg/database.ts";
import { type OwnedBook, recoverBook } from "../../matcher/recover.ts";
import { clientsOfSymbol, HUNDRED, type Market, SYMBOLS, TERMS } from "./market.ts";
import { compare, type Paired, type Turns } from "./paired.ts";
import type { Pgbench } from "./pgbench.ts";

const COMMANDS_PER_SYMBOL = 4_000;
/** As many commands as the matcher settles at once when it is busy. */
const BATCH = 200;

type OpenSymbol = {
  readonly owned: OwnedBook;
  readonly positions: PositionCache;
  commands: readonly SequencedCommand[];
};

/**
 * Matching and settling eight symbols at once, each over its own connection: every second order
 * trades with the one before. Trades are counted: each has two orders, four balances, two journal
 * rows and a part of the feed's event. First each symbol has its own thousand clients; then
 * all share the same thousand, and batches wait for rows that other batches are settling.
 */
export const benchSettle = async (
  market: Market,
  pgbench: Pgbench,
  turns: Turns,
): Promise<readonly Paired[]> => {
  const { database } = market;
  const symbols = await Promise.all(SYMBOLS.map((symbol) => openSymbol(database, symbol)));
  const prepare = (common: boolean) => async (): Promise<void> => {
    for (const [index, opened] of symbols.entries()) {
      const clients = clientsOfSymbol(market.clients, common ? 0 : index);
      opened.commands = await acceptPairs(database, clients, opened.owned);
    }
  };
  const ours = async (): Promise<number> => {
    const begun = performance.now();
    const trades = await Promise.all(symbols.map((opened) => settleAll(database, opened)));
    const made = trades.reduce((sum, count) => sum + count, 0);
    assert.equal(made, (SYMBOLS.length * COMMANDS_PER_SYMBOL) / 2, "not every pair traded");
    return (made * 1_000) / (performance.now() - begun);
  };
  const theirs = (seconds: number) => pgbench.simpleUpdate(SYMBOLS.length, seconds);
  const contest = (what: string, common: boolean) =>
    compare({ what, against: "pgbench -N", prepare: prepare(common), ours, theirs }, turns);
  return [
    await contest("settled trades, 8 connections, clients of their own", false),
    await contest("settled trades, 8 connections, 1,000 clients in common", true),
  ];
};

export const openSymbol = async (database: Database, symbol: Ticker): Promise<OpenSymbol> => {
  const { rows } = await database.query<{ readonly shard: number; readonly epoch: bigint }>(sql`
    select shard, shard.epoch from trading.book join trading.shard using (shard)
    where symbol = ${symbol}`);
  const [row] = rows;
  assert.ok(row !== undefined);
  const lease = { shard: row.shard, epoch: Number(row.epoch) };
  return { owned: await recoverBook(database, symbol, lease), positions: new Map(), commands: [] };
};

/**
 * Makes `count` orders, alternately a sell and a buy. Each pair belongs to two clients and has one price,
 * so every pair trades.
 */
export const newPairs = (
  clients: readonly ClientId[],
  symbol: Ticker,
  count: number,
): readonly NewOrder[] =>
  Array.from({ length: count }, (_, index): NewOrder => {
    const selling = index % 2 === 0;
    const clientId = clients[Math.floor(Math.random() * 500) + (selling ? 0 : 500)];
    assert.ok(clientId !== undefined);
    const orderId = newUuid() as OrderId;
    const direction = selling ? "sell" : "buy";
    const terms: OrderTerms = { ...TERMS, symbol, direction, clientOrderId: newUuid() };
    return {
      ...{ orderId, clientId, terms, fingerprint: Buffer.alloc(32), correlationId: newUuid() },
      intent: {
        holdAsset: selling ? symbol : "USD",
        holdAmount: selling ? 1n : HUNDRED,
        collarPrice: HUNDRED,
      },
      waits: false,
      endsAt: undefined,
      duplicateWindowMs: 0,
    };
  });

/** Accepts pairs of orders and numbers their commands. */
const acceptPairs = async (
  database: Database,
  clients: readonly ClientId[],
  { book }: OwnedBook,
): Promise<readonly SequencedCommand[]> => {
  const { symbol } = book.instrument;
  const orders = newPairs(clients, symbol, COMMANDS_PER_SYMBOL);
  for (let from = 0; from < orders.length; from += 250)
    for (const outcome of await acceptOrders(database, orders.slice(from, from + 250)))
      assert.equal(outcome.kind, "accepted");
  return orders.map(({ orderId, clientId, terms, correlationId }, index) => ({
    ...{ symbol, seq: book.lastSeq + 1 + index, correlationId },
    command: {
      ...terms,
      type: "place",
      orderId,
      clientId,
      quantity: shares(1),
      collarPrice: HUNDRED,
    },
    acceptedAt: new Date(),
  }));
};

export const settleAll = async (
  database: Database,
  { owned, positions, commands }: OpenSymbol,
): Promise<number> => {
  const { book, epoch } = owned;
  let trades = 0;
  for (let from = 0; from < commands.length; from += BATCH) {
    const batch = book.apply(commands.slice(from, from + BATCH));
    const settlement = book.settlement(batch);
    await settle(database, settlement, { epoch, settledAt: new Date(), positions });
    trades += settlement.trades.length;
  }
  return trades;
};
