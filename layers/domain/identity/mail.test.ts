import assert from "node:assert/strict";
import { test } from "node:test";
import type { OrderId, Ticker } from "../identifiers.ts";
import { money, shares } from "../units.ts";
import {
  knownEmailMail,
  type OrderReport,
  orderMail,
  ordersMail,
  verificationMail,
} from "./mail.ts";

const report = (changes: Partial<OrderReport>): OrderReport => ({
  firstName: "Ada",
  orderId: "01890a5d-ac96-774b-bcce-b302099a8057" as OrderId,
  symbol: "AAPL" as Ticker,
  direction: "buy",
  status: "filled",
  reason: undefined,
  quantity: shares(5),
  filled: shares(5),
  filledNotional: money(5_050_000n),
  reported: shares(0),
  ...changes,
});

test("a filled order is confirmed with quantity, average price and total", () => {
  const { subject, body } = orderMail(report({}));
  assert.equal(subject, "Filled: buy 5 AAPL");
  assert.match(body, /^Hello Ada,\n/);
  assert.match(
    body,
    /Filled 5 of 5 AAPL at average 101\.00, 505\.00 in total\.\nThe order is complete\./,
  );
  assert.match(body, /Order 01890a5d-ac96-774b-bcce-b302099a8057/);
});

test("an average that does not divide is rounded to the ten-thousandth", () => {
  const { body } = orderMail(
    report({ filled: shares(3), filledNotional: money(3_000_001n), status: "partially_filled" }),
  );
  assert.match(body, /Filled 3 of 5 AAPL at average 100\.00, 300\.0001 in total/);
  assert.match(body, /The rest stays in the market\./);
});

test("a later mail reports only the new fills", () => {
  const { body } = orderMail(report({ reported: shares(3) }));
  assert.match(body, /2 of them since our last mail/);
  assert.doesNotMatch(orderMail(report({})).body, /since our last mail/);
});

test("an order that ended early says what was filled and why it ended", () => {
  const partly = orderMail(
    report({
      status: "cancelled",
      reason: "requested",
      filled: shares(2),
      filledNotional: money(2_020_000n),
    }),
  );
  assert.match(
    partly.body,
    /Filled 2 of 5 AAPL at average 101\.00.*\nThe rest was cancelled: you requested it\./,
  );
  const nothing = { filled: shares(0), filledNotional: money(0n) };
  const expired = orderMail(
    report({ ...nothing, status: "expired", reason: "a_reason_of_tomorrow" }),
  );
  assert.match(expired.body, /Nothing was filled\.\nIt was expired: a reason of tomorrow\./);
  const rejected = orderMail(report({ ...nothing, status: "rejected", reason: "would_take" }));
  assert.equal(rejected.subject, "Rejected: buy 5 AAPL");
});

const NONE = { filled: 0, open: 0, cancelled: 0, expired: 0, rejected: 0 };

test("several orders are reported in one mail, a line for each in their order", () => {
  const { subject, body } = ordersMail(
    [
      report({
        status: "cancelled",
        reason: "requested",
        filled: shares(0),
        filledNotional: money(0n),
      }),
      report({ direction: "sell", reported: shares(3) }),
    ],
    { ...NONE, filled: 1, cancelled: 1 },
  );
  assert.equal(subject, "2 orders: 1 filled, 1 cancelled");
  const id = "Order 01890a5d-ac96-774b-bcce-b302099a8057";
  assert.match(
    body,
    /^Hello Ada,\n\nthis is the state of 2 of your orders: 1 filled, 1 cancelled\./,
  );
  assert.ok(
    body.includes(
      `\n- buy 5 AAPL: Nothing was filled. It was cancelled: you requested it. ${id}\n` +
        "- sell 5 AAPL: Filled 5 of 5 AAPL at average 101.00, 505.00 in total. " +
        `2 of them since our last mail. The order is complete. ${id}\n\n`,
    ),
    body,
  );
});

test("a mail gives the number of the orders that it has no line for, by kind", () => {
  const tally = { filled: 100, open: 90, cancelled: 8, expired: 1, rejected: 1 };
  const { subject, body } = ordersMail([report({}), ...Array(49).fill(report({}))], tally);
  assert.equal(
    subject,
    "200 orders: 100 filled, 90 partly filled, 8 cancelled, 1 expired, 1 rejected",
  );
  assert.match(body, /\nand 150 more\.\n/);
  assert.doesNotMatch(ordersMail([report({}), report({})], { ...NONE, filled: 2 }).body, /more\./);
});

test("the link is the public address with the token, whether or not it ends in a slash", () => {
  const link = "https://x.example/confirm?token=abc";
  for (const url of ["https://x.example", "https://x.example/"])
    assert.ok(verificationMail(url, "abc").body.includes(`\n${link}\n`));
});

test("no mail has a line break in its subject", () => {
  for (const { subject } of [
    orderMail(report({})),
    ordersMail([report({}), report({})], { ...NONE, filled: 2 }),
    knownEmailMail(),
    verificationMail("https://x", "t"),
  ])
    assert.doesNotMatch(subject, /[\r\n]/);
});
