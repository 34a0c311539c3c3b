import type { Cell, Column, Table } from "./document.ts";

/**
 * Writes a table as CSV (RFC 4180): UTF-8, a header, CRLF after every line. Text that a spreadsheet
 * would run as a formula gets a leading apostrophe (OWASP, CSV injection); numbers stay numbers.
 */
export async function* writeCsv(table: Table): AsyncGenerator<string> {
  const { columns, pages, before = [], after } = table;
  yield line(columns.map(({ key }) => key));
  const write = (row: Readonly<Record<string, Cell>>): string =>
    line(columns.map((column) => cellText(column, row[column.key] ?? null)));
  yield before.map(write).join("");
  for await (const page of pages) yield page.map(write).join("");
  yield (after?.() ?? []).map(write).join("");
}

const line = (cells: readonly string[]): string => `${cells.join(",")}\r\n`;

const cellText = ({ kind }: Column, value: Cell): string => {
  if (value === null) return "";
  const text = String(value);
  return kind === "number" ? text : quoted(RUNS_AS_FORMULA.test(text) ? `'${text}` : text);
};

/** What spreadsheets run as a formula, also after blanks, and with full-width characters. */
const RUNS_AS_FORMULA = /^\s*[=+\-@\t\r\n|%＝＋－＠]/;

const quoted = (text: string): string =>
  /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
