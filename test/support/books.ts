import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { Ticker } from "../../layers/domain/identifiers.ts";
import { money } from "../../layers/domain/units.ts";
import { listInstruments } from "../../layers/store/market/instruments.ts";
import { decodeCommand, readCommands } from "../../layers/store/matching/commands.ts";
import { readSequences } from "../../layers/store/matching/matcher-status.ts";
import { type Database, sql } from "../../layers/store/pg/database.ts";
import { readStoredBook } from "../../matcher/recover.ts";
import { SymbolBook } from "../../matcher/symbol-book.ts";

/** Equal for equal books: queues, stops, the hold of every order, and the last command. */
export const hashOf = (book: SymbolBook): string =>
  createHash("sha256")
    .update(
      JSON.stringify(book.picture(), (_, value: unknown) => {
        if (typeof value === "bigint") return `${value}n`;
        if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
        return Object.fromEntries(Object.entries(value).sort());
      }),
    )
    .digest("hex");

/** The book as a new owner would rebuild it, without taking it from its present owner. */
export const rebuiltBook = (database: Database, symbol: Ticker): Promise<SymbolBook> =>
  database.transaction(async (tx) => {
    const { rows } = await tx.query<{
      readonly epoch: bigint;
      readonly settled_seq: bigint;
      readonly last_price: bigint | null;
      readonly halted: boolean;
    }>(sql`
      select epoch, settled_seq, last_price, halted
      from trading.book where symbol = ${symbol} for share`);
    const row = rows[0];
    assert.ok(row !== undefined, `no book of ${symbol}`);
    const { instrument, orders } = await readStoredBook(tx, symbol);
    const claimed = {
      epoch: Number(row.epoch),
      settledSeq: Number(row.settled_seq),
      lastPrice: row.last_price === null ? undefined : money(row.last_price),
      halted: row.halted,
    };
    return new SymbolBook(instrument, claimed, orders);
  });

/**
 * A book that received every recorded command without interruption, and its trades. Fails when the
 * log has a gap or a repeated number.
 */
export const replayLog = async (database: Database, symbol: Ticker) => {
  const instrument = (await listInstruments(database)).find((listing) => listing.symbol === symbol);
  assert.ok(instrument !== undefined);
  const fresh = { epoch: 0, settledSeq: 0, lastPrice: undefined, halted: false };
  const book = new SymbolBook(instrument, fresh, []);
  const last = (await readSequences(database)).get(symbol) ?? 0;
  const rows = await readCommands(database, symbol, 0, last);
  assert.deepEqual(
    rows.map(({ seq }) => seq),
    Array.from({ length: last }, (_, index) => index + 1),
    `the log of ${symbol} has gaps`,
  );
  const { trades } = book.apply(rows.map(decodeCommand));
  return { book, trades };
};

type TradeRow = {
  readonly trade_id: string;
  readonly price: bigint;
  readonly quantity: bigint | number;
  readonly maker_order_id: string;
  readonly taker_order_id: string;
};

const show = (trade: TradeRow): string =>
  `${trade.trade_id} ${trade.price} ${trade.quantity} ${trade.maker_order_id} ${trade.taker_order_id}`;

/**
 * Asserts that the trades and the book of a symbol are those of an uninterrupted run, whatever
 * happened to its owners. Returns the number of trades.
 */
export const assertUninterrupted = async (database: Database, symbol: Ticker): Promise<number> => {
  const { book, trades } = await replayLog(database, symbol);
  const { rows } = await database.query<TradeRow>(sql`
    select trade_id, price, quantity, maker_order_id, taker_order_id
    from trading.trade where symbol = ${symbol}`);
  const replayed = trades.map((trade) => ({
    trade_id: trade.tradeId,
    price: trade.price,
    quantity: trade.quantity,
    maker_order_id: trade.makerOrderId,
    taker_order_id: trade.takerOrderId,
  }));
  assert.deepEqual(rows.map(show).sort(), replayed.map(show).sort());
  assert.equal(hashOf(await rebuiltBook(database, symbol)), hashOf(book), `the book of ${symbol}`);
  return rows.length;
};
