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
