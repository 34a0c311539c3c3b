import assert from "node:assert/strict";
import { test } from "node:test";
import type { Report, Row } from "./document.ts";
import { PDF_LINES_MAX, readRows, renderPdf, TooManyLines } from "./pdf.ts";

const reportOf = (count: number): Report => {
  const rows = Array.from({ length: count }, (_, index): Row => {
    return { text: `line ${index}`, number: "-3.50" };
  });
  const columns = [
    { key: "text", title: "Text", kind: "text", width: 1 },
    { key: "number", title: "Number", kind: "number", width: 1 },
  ] as const;
  return {
    ...{ name: "statement", title: "Statement", subtitle: ["Ζωή Иванова"], fileDays: "days" },
    ...{ isFinal: true, endsAt: new Date("2026-12-01T00:00:00Z"), head: {} },
    tables: [{ name: "rows", title: "Rows", columns, pages: [rows] }],
  };
};

const pdfOf = async (report: Report): Promise<Buffer> => renderPdf(await readRows(report));

test("the same report gives the same bytes", async () => {
  const [first, second] = [await pdfOf(reportOf(100)), await pdfOf(reportOf(100))];
  assert.ok(first.equals(second));
  assert.equal(first.subarray(0, 5).toString(), "%PDF-");
});

test("a report of more lines than a PDF may have is refused before the rest is read", async () => {
  const [table = assert.fail()] = reportOf(1_000).tables;
  const [page = assert.fail()] = table.pages as readonly (readonly Row[])[];
  let pagesRead = 0;
  async function* pages(): AsyncGenerator<readonly Row[]> {
    for (let count = 0; count < 100; count += 1) {
      pagesRead += 1;
      yield page;
    }
  }
  await assert.rejects(
    readRows({ ...reportOf(0), tables: [{ ...table, pages: pages() }] }),
    TooManyLines,
  );
  assert.equal(pagesRead, PDF_LINES_MAX / 1_000 + 1);
  const { tables } = await readRows(reportOf(PDF_LINES_MAX));
  assert.equal(tables[0]?.rows.length, PDF_LINES_MAX);
});

test("the lines before and after a table count as lines of the PDF", async () => {
  const [table = assert.fail()] = reportOf(PDF_LINES_MAX - 1).tables;
  const line = { text: "opening", number: "0.00" };
  const withLines = (after: readonly Row[]) => ({
    ...reportOf(0),
    tables: [{ ...table, before: [line], after: () => after }],
  });
  await readRows(withLines([]));
  await assert.rejects(readRows(withLines([line])), TooManyLines);
});

test("other work continues while a long report is printed", async () => {
  let turns = 0;
  let isPrinting = true;
  const countTurns = (): void => {
    turns += 1;
    if (isPrinting) setImmediate(countTurns);
  };
  const printing = pdfOf(reportOf(1_000));
  setImmediate(countTurns);
  await printing;
  isPrinting = false;
  assert.ok(turns > 1_000 / 20, `${turns} turns of the event loop`);
});

test("the pages are A4, and the font is embedded", async () => {
  const pdf = (await pdfOf(reportOf(100))).toString("latin1");
  const sizes = [...pdf.matchAll(/\/MediaBox \[([^\]]+)\]/g)].map(([, box]) => box);
  assert.ok(sizes.length >= 2);
  assert.deepEqual([...new Set(sizes)], ["0 0 595.28 841.89"]);
  const fonts = [...pdf.matchAll(/\/Type \/Font\b/g)];
  assert.ok(fonts.length > 0);
  assert.match(pdf, /\/FontFile2 /);
  assert.doesNotMatch(pdf, /\/Subtype \/Type1\b/, "a font that is not embedded");
});
