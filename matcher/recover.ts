import type { Ticker } from "../layers/domain/identifiers.ts";
import { listInstruments } from "../layers/store/market/instruments.ts";
import { type ClaimedBook, claimBook } from "../layers/store/matching/books.ts";
import { readRestingOrders } from "../layers/store/matching/resting-orders.ts";
import type { Lease } from "../layers/store/matching/shards.ts";
import type { Database, Transaction } from "../layers/store/pg/database.ts";
import { SymbolBook } from "./symbol-book.ts";

/** A symbol that this process owns: its book, and the epoch under which it may write. */
export type OwnedBook = { readonly book: SymbolBook; readonly epoch: number };

/**
 * Claims a symbol under its shard's lease and rebuilds its book from PostgreSQL, in one
 * transaction: once the epoch is raised, no other process can settle, so what is read afterwards is
 * complete.
 */
export const recoverBook = (database: Database, symbol: Ticker, lease: Lease): Promise<OwnedBook> =>
  database.transaction(async (tx) => {
    const claimed = await claimBook(tx, symbol, lease);
    return { book: await rebuildBook(tx, symbol, claimed), epoch: claimed.epoch };
  });

/** Builds the book from the stored orders, in the transaction that read `claimed`. */
export const rebuildBook = async (
  tx: Transaction,
  symbol: Ticker,
  claimed: ClaimedBook,
): Promise<SymbolBook> => {
  const orders = await readRestingOrders(tx, symbol);
  const instrument = (await listInstruments(tx)).find((listed) => listed.symbol === symbol);
  if (instrument === undefined) throw new Error(`there is no instrument ${symbol}`);
  return new SymbolBook(instrument, claimed, orders);
};
