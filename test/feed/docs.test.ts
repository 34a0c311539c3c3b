import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import {
  bookMessage,
  depthMessage,
  quoteMessage,
  tradeMessage,
} from "../../functions/market-feed/books/market-messages.ts";
import { errorFrame, parseCommand, rejection } from "../../functions/market-feed/protocol/cable.ts";
import type { Ticker } from "../../layers/domain/identifiers.ts";
import { applyDepth, type BookDepth, EMPTY_DEPTH } from "../../layers/domain/market/book-depth.ts";
import { checksumText } from "../../layers/domain/market/checksum.ts";
import { money, parseMoney, shares } from "../../layers/domain/units.ts";

// The feed sends the messages that docs/market-feed.md shows.

const page = await readFile(join(import.meta.dirname, "../../docs/market-feed.md"), "utf8");
const block = (language: string, after: string): string =>
  page.slice(page.indexOf(after)).split(`\`\`\`${language}\n`)[1]?.split("\n```")[0] ?? "";

type Pairs = readonly (readonly [string, number])[];

const depthOf = ({ bids, asks }: { readonly bids: Pairs; readonly asks: Pairs }): BookDepth => {
  const levels = (pairs: Pairs) =>
    pairs.map(([price, quantity]) => ({
      price: parseMoney(price) ?? money(0n),
      quantity: shares(quantity),
    }));
  return { bids: levels(bids), asks: levels(asks) };
};

test("the checksum example on the page is correct", () => {
  const depth = depthOf(JSON.parse(block("json", "## Checksum")));
  const text = block("text", "## Checksum");
  assert.equal(checksumText(depth), text);
  const [checksum, empty] = [...page.matchAll(/checksum is \*\*(\d+)\*\*/g)].map(([, sum]) => sum);
  assert.equal(String(crc32(text)), checksum);
  assert.equal(String(crc32(checksumText(EMPTY_DEPTH))), empty);
});

test("the messages are sent as the page shows them, and form one sequence", () => {
  const lines = block("json", "## Messages").split("\n");
  const [, book, trade, depth] = lines.map((line) => JSON.parse(line));
  const symbol = "AAPL" as Ticker;
  const before = {
    ...{ symbol, seq: 42, depth: depthOf(book), at: new Date(book.ts) },
    last: parseMoney("101.00"),
  };
  const changed = depthOf(depth);
  const after = {
    ...{ symbol, seq: 45, depth: applyDepth(before.depth, changed), at: new Date(depth.ts) },
    last: parseMoney("101.01"),
  };
  const sent = [
    quoteMessage(before),
    bookMessage(before),
    tradeMessage(symbol, {
      ...{ tradeId: "AAPL-45-0", price: parseMoney("101.01") ?? money(0n), quantity: shares(5) },
      ...{ takerSide: "buy", seq: 45, at: new Date(trade.ts) },
    }),
    depthMessage(after, { firstSeq: 43, depth: changed }),
  ];
  assert.deepEqual(sent, lines);
});

test("the rejection and the error are sent as the page shows them", () => {
  const shownRejection = block("json", "it sends the reason");
  const { identifier, code, detail } = JSON.parse(shownRejection);
  assert.equal(rejection(identifier, { code, detail }), shownRejection);
  const error = parseCommand("{}");
  assert.ok("code" in error);
  assert.equal(errorFrame(error), block("json", "Its `identifier` is empty"));
});
