import type { Ticker } from "../layers/domain/identifiers.ts";
import { claimBook, readStandingOrders } from "../layers/store/books.ts";
import type { Database } from "../layers/store/database.ts";
import { listInstruments } from "../layers/store/instruments.ts";
import { SymbolBook } from "./symbol-book.ts";

/** A symbol this process owns: its book, and the epoch under which it may write. */
export type OwnedBook = { readonly book: SymbolBook; readonly epoch: number };

/**
 * Takes a symbol over and rebuilds its book from PostgreSQL, in one transaction: once the epoch is
 * raised nobody else can settle, so what is read afterwards is complete.
 */
export const recoverBook = (database: Database, symbol: Ticker): Promise<OwnedBook> =>
  database.transaction(async (tx) => {
    const claimed = await claimBook(tx, symbol);
    const standing = await readStandingOrders(tx, symbol);
    const instrument = (await listInstruments(tx)).find((listed) => listed.symbol === symbol);
    if (instrument === undefined) throw new Error(`there is no instrument ${symbol}`);
    return { book: new SymbolBook(instrument, claimed, standing), epoch: claimed.epoch };
  });
