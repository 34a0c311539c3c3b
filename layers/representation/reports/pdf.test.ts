import assert from "node:assert/strict";
import { test } from "node:test";
import type { Report, Row } from "./document.ts";
import { PDF_LINES_MAX, renderPdf, TooManyLines } from "./pdf.ts";

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

test("the same report gives the same bytes", async () => {
  const [first, second] = [await renderPdf(reportOf(100)), await renderPdf(reportOf(100))];
  assert.ok(first.equals(second));
  assert.equal(first.subarray(0, 5).toString(), "%PDF-");
});

test("a report of more lines than a PDF may have is refused", async () => {
  await assert.rejects(renderPdf(reportOf(PDF_LINES_MAX + 1)), TooManyLines);
});

test("the pages are A4, and the font is embedded", async () => {
  const pdf = (await renderPdf(reportOf(100))).toString("latin1");
  const sizes = [...pdf.matchAll(/\/MediaBox \[([^\]]+)\]/g)].map(([, box]) => box);
  assert.ok(sizes.length >= 2);
  assert.deepEqual([...new Set(sizes)], ["0 0 595.28 841.89"]);
  const fonts = [...pdf.matchAll(/\/Type \/Font\b/g)];
  assert.ok(fonts.length > 0);
  assert.match(pdf, /\/FontFile2 /);
  assert.doesNotMatch(pdf, /\/Subtype \/Type1\b/, "a font that is not embedded");
});
