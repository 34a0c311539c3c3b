import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { test } from "node:test";
import type { Report } from "../../representation/reports/document.ts";
import { answerReport } from "./report-answer.ts";
import { chooseFormat, wantsDigest } from "./report-query.ts";

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

const answered = async (pages: number, { wantsDigest = false, isFinal = true } = {}) => {
  const broken = Promise.withResolvers<unknown>();
  const response = await answerReport(
    { format: "json", streams: true, wantsDigest, onBroken: broken.resolve },
    (send) => send(async () => ({ ...report(pages), isFinal })),
  );
  return { answer: response, broken: broken.promise };
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

test("a long report has its digest when the caller asks for it and the period is over", async () => {
  const digestOf = async (options: { wantsDigest?: boolean; isFinal?: boolean }) => {
    const { body, headers } = (await answered(30, options)).answer;
    assert.ok(body instanceof Readable);
    const bytes = Buffer.concat(await body.toArray());
    const sha256 = createHash("sha256").update(bytes).digest("base64");
    return { header: headers?.["repr-digest"], actual: `sha-256=:${sha256}:` };
  };
  const { header, actual } = await digestOf({ wantsDigest: true });
  assert.equal(header, actual);
  assert.equal((await digestOf({ wantsDigest: false })).header, undefined);
  assert.equal((await digestOf({ wantsDigest: true, isFinal: false })).header, undefined);
});

test("the header that asks for a digest is read as RFC 9530 says", () => {
  for (const asks of ["sha-256=1", "sha-256=10", "sha-512=3, sha-256=10", "unixsum=0,sha-256=2"])
    assert.equal(wantsDigest(asks), true, asks);
  for (const asks of [undefined, "", "sha-256=0", "sha-512=3", "sha-256", "sha-256=11"])
    assert.equal(wantsDigest(asks), false, asks);
});

test("a stream that is never read, or no longer read, is closed", async (t) => {
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

test("the format is the one that the Accept header prefers, and the parameter wins", () => {
  const cases: readonly (readonly [string | undefined, string])[] = [
    [undefined, "json"],
    ["", "json"],
    ["*/*", "json"],
    ["application/*", "json"],
    ["text/*", "csv"],
    ["text/csv", "csv"],
    ["TEXT/CSV; charset=utf-8", "csv"],
    ["application/pdf, application/json;q=0.5", "pdf"],
    ["application/json;q=0.1, text/csv;q=0.9", "csv"],
    ["text/csv;q=0, */*", "json"],
    ["application/json;q=0, */*", "csv"],
    ["text/html, application/pdf;q=0.2", "pdf"],
    ["text/*;q=0.5, text/csv;q=0, application/pdf;q=0.1", "pdf"],
  ];
  for (const [accept, format] of cases)
    assert.equal(chooseFormat(undefined, accept), format, accept);
  for (const accept of ["text/csv;q=0", "text/html", "*/*;q=0", "nonsense", ",", "text/csv;q=0.0"])
    assert.throws(() => chooseFormat(undefined, accept), { code: "not_acceptable" }, accept);
  assert.equal(chooseFormat("pdf", "text/csv"), "pdf");
});
