import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test } from "node:test";
import type { Report } from "../../representation/reports/document.ts";
import { answerReport } from "./report-answer.ts";

const report = (pages: number): Report => ({
  ...{ name: "statement", title: "Statement", subtitle: [], fileDays: "days", isFinal: true },
  ...{ endsAt: new Date(0), head: { a: 1 } },
  tables: [
    {
      ...{ name: "rows", title: "Rows", columns: [] },
      pages: Array.from({ length: pages }, () => [{ text: "x".repeat(100_000) }]),
    },
  ],
});

const answered = async (pages: number) => {
  const broken = Promise.withResolvers<unknown>();
  const answer = await answerReport(
    { format: "json", streams: true, onBroken: broken.resolve },
    (send) => send(report(pages)),
  );
  return { answer, broken: broken.promise };
};

test("a short report is whole and has its digest, a long one is a stream", async () => {
  const short = (await answered(1)).answer;
  assert.equal(typeof short.body, "string");
  assert.match(short.headers?.["repr-digest"] ?? "", /^sha-256=:.{44}:$/);
  const { body } = (await answered(30)).answer;
  assert.ok(body instanceof Readable);
  const text = Buffer.concat(await body.toArray()).toString();
  assert.equal(JSON.parse(text).rows.length, 30);
});

test("a stream that nobody reads, or nobody reads on, is given up", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const unread = await answered(30);
  t.mock.timers.tick(25_000);
  assert.match(String(await unread.broken), /took nothing for too long/);

  const left = await answered(30);
  assert.ok(left.answer.body instanceof Readable);
  t.mock.timers.tick(24_000);
  await new Promise((resolve) => (left.answer.body as Readable).once("readable", resolve));
  t.mock.timers.tick(24_000);
  assert.equal(left.answer.body.destroyed, false, "it was read in between");
  t.mock.timers.tick(1_000);
  assert.match(String(await left.broken), /took nothing for too long/);
});
