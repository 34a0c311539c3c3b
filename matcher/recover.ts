import type { Ticker } from "../layers/domain/identifiers.ts";
import { listInstruments } from "../layers/store/market/instruments.ts";
import { type ClaimedBook, claimBook, confirmClaim } from "../layers/store/matching/books.ts";
import { readRestingOrders } from "../layers/store/matching/resting-orders.ts";
import type { Lease } from "../layers/store/matching/shards.ts";
import type { Executor } from "../layers/store/pg/database.ts";
import { SymbolBook } from "./symbol-book.ts";

/** A symbol that this process owns: its book, and the epoch under which it may write. */
export type OwnedBook = { readonly book: SymbolBook; readonly epoch: number };

/** Claims a symbol under its shard's lease and rebuilds its book. */
export const recoverBook = async (
  database: Executor,
  symbol: Ticker,
  lease: Lease,
): Promise<OwnedBook> => rebuildBook(database, symbol, await claimBook(database, symbol, lease));

/**
 * Rebuilds a claimed book from PostgreSQL. The claim has raised the epoch, so no other process can
 * settle, and what is read is complete. Throws Fenced when another process has claimed the symbol
 * meanwhile.
 */
export const rebuildBook = async (
  database: Executor,
  symbol: Ticker,
  claimed: ClaimedBook,
): Promise<OwnedBook> => {
  const { instrument, orders } = await readStoredBook(database, symbol);
  await confirmClaim(database, symbol, claimed.epoch);
  return { book: new SymbolBook(instrument, claimed, orders), epoch: claimed.epoch };
};

/** The orders in a symbol's book, and the symbol's tick and lot size. */
export const readStoredBook = async (db: Executor, symbol: Ticker) => {
  const orders = await readRestingOrders(db, symbol);
  const instrument = (await listInstruments(db)).find((listed) => listed.symbol === symbol);
  if (instrument === undefined) throw new Error(`there is no instrument ${symbol}`);
  return { orders, instrument };
};
