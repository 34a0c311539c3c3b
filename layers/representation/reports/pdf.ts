import { createRequire } from "node:module";
import { setImmediate as nextTurn } from "node:timers/promises";
import PDFDocument from "pdfkit";
import type { Cell, Column, Report, Row, Table } from "./document.ts";

/** A PDF report has at most this many lines; a longer one is for CSV or JSON. */
export const PDF_LINES_MAX = 10_000;

/**
 * Rows that are printed before the event loop may do other work. They take a few milliseconds, so
 * that the many short steps of other requests do not wait long.
 */
const ROWS_A_TURN = 16;

/** Thrown when a report has more lines than a PDF may have. */
export class TooManyLines extends Error {
  override readonly name = "TooManyLines";
}

const require = createRequire(import.meta.url);
/** Covers Latin, Greek and Cyrillic, and is embedded in the file. */
const FONT = require.resolve("@expo-google-fonts/roboto/400Regular/Roboto_400Regular.ttf");
const BOLD = require.resolve("@expo-google-fonts/roboto/700Bold/Roboto_700Bold.ttf");

const MARGIN = 40;
/** A4 in points: the short and the long side. */
const [SHORT, LONG] = [595.28, 841.89];
const TOP = 84;
/** The height of the footer. */
const FOOT = 54;
const ROW = 13;
const TEXT_SIZE = 7;
const SMALLEST_TEXT = 4.5;
const INK = "#1a1d24";
const MUTED = "#5c6470";
const RULE = "#c9ced6";

/** A report with all its rows in memory. */
export type ReadReport = Omit<Report, "tables"> & { readonly tables: readonly ReadTable[] };

type ReadTable = Pick<Table, "title" | "columns"> & {
  readonly before: readonly Row[];
  readonly rows: readonly Row[];
  readonly after: readonly Row[];
};

/**
 * Reads all rows of a report for a PDF. It stops with TooManyLines as soon as there are too many, so
 * that a refusal costs little: printing takes much longer than reading.
 */
export const readRows = async (report: Report): Promise<ReadReport> => {
  let lines = 0;
  const counted = (rows: readonly Row[]): readonly Row[] => {
    lines += rows.length;
    if (lines > PDF_LINES_MAX) throw new TooManyLines(`more than ${PDF_LINES_MAX} lines`);
    return rows;
  };
  const tables: ReadTable[] = [];
  for (const { title, columns, ...table } of report.tables) {
    const before = counted(table.before ?? []);
    const rows: Row[] = [];
    for await (const page of table.pages) rows.push(...counted(page));
    tables.push({ title, columns, before, rows, after: counted(table.after?.() ?? []) });
  }
  return { ...report, tables };
};

/**
 * Writes a report as PDF: A4, a header and a footer with page numbers on each page, tables that repeat
 * their headings on every page. The same report gives the same bytes: the document carries no time but
 * the end of its period. Other work of the process continues while a long report is printed.
 */
export const renderPdf = async (report: ReadReport): Promise<Buffer> => {
  const document = new PDFDocument({
    ...{ size: "A4", margin: MARGIN, bufferPages: true, autoFirstPage: false, font: FONT },
    layout: report.isWide ? "landscape" : "portrait",
    info: {
      Title: report.title,
      Producer: "BrokerX",
      Creator: "BrokerX",
      CreationDate: report.endsAt,
    },
  });
  const chunks: Buffer[] = [];
  const ended = new Promise<void>((resolve, reject) => {
    document.on("data", (chunk: Buffer) => chunks.push(chunk));
    document.on("end", resolve);
    document.on("error", reject);
  });
  const sheet = new Sheet(document, report.isWide ? [LONG, SHORT] : [SHORT, LONG]);
  for (const line of report.summary ?? []) sheet.summary(line);
  for (const table of report.tables) await writeTable(sheet, table);
  await sheet.finish(report);
  document.end();
  await ended;
  return Buffer.concat(chunks);
};

const writeTable = async (sheet: Sheet, table: ReadTable): Promise<void> => {
  sheet.startTable(table);
  for (const row of table.before) sheet.row(row, BOLD);
  for (const [index, row] of table.rows.entries()) {
    if (index % ROWS_A_TURN === 0) await nextTurn();
    sheet.row(row);
  }
  if (table.rows.length === 0) sheet.note("None.");
  for (const row of table.after) sheet.row(row, BOLD);
};

type Placed = Column & { readonly x: number; readonly points: number };

/** The pages of a document and the position of the next line. */
class Sheet {
  readonly #document: PDFKit.PDFDocument;
  readonly #width: number;
  readonly #bottom: number;
  #columns: readonly Placed[] = [];
  #y: number;

  constructor(document: PDFKit.PDFDocument, [width, height]: readonly [number, number]) {
    this.#document = document;
    this.#width = width - 2 * MARGIN;
    this.#bottom = height - FOOT;
    this.#y = this.#bottom;
  }

  startTable({ title, columns }: ReadTable): void {
    this.#columns = place(columns, this.#width);
    if (this.#y + 5 * ROW > this.#bottom) this.#newPage();
    else this.#y += ROW;
    this.#document.font(BOLD).fontSize(10).fillColor(INK);
    this.#document.text(title, MARGIN, this.#y, { lineBreak: false });
    this.#y += 18;
    this.#headings();
  }

  row(row: Row, font = FONT): void {
    if (this.#y + ROW > this.#bottom) {
      this.#newPage();
      this.#headings();
    }
    this.#document.font(font).fontSize(TEXT_SIZE).fillColor(INK);
    for (const column of this.#columns) this.#cell(column, row[column.key] ?? null);
    this.#y += ROW;
  }

  summary(text: string): void {
    if (this.#y + 2 * ROW > this.#bottom) this.#newPage();
    this.#document.font(FONT).fontSize(9).fillColor(INK);
    this.#document.text(text, MARGIN, this.#y, { lineBreak: false });
    this.#y += ROW;
  }

  note(text: string): void {
    this.#document.font(FONT).fontSize(TEXT_SIZE).fillColor(MUTED);
    this.#document.text(text, MARGIN, this.#y, { lineBreak: false });
    this.#y += ROW;
  }

  /** Prints the header and the footer on every page, now that the number of pages is known. */
  async finish({ title, subtitle }: ReadReport): Promise<void> {
    const document = this.#document;
    const { count } = document.bufferedPageRange();
    for (let page = 0; page < count; page += 1) {
      await nextTurn();
      document.switchToPage(page);
      document.page.margins.bottom = 0; // the footer is below the margin
      document.font(BOLD).fontSize(14).fillColor(INK);
      document.text(title, MARGIN, MARGIN - 8, { lineBreak: false });
      document.font(FONT).fontSize(8).fillColor(MUTED);
      for (const [index, line] of subtitle.entries())
        document.text(line, MARGIN, MARGIN + 12 + 11 * index, { lineBreak: false });
      const footer = this.#bottom + 18;
      document.text("BrokerX", MARGIN, footer, { lineBreak: false });
      document.text(`Page ${page + 1} of ${count}`, MARGIN, footer, {
        ...{ lineBreak: false, width: this.#width, align: "right" },
      });
    }
  }

  #newPage(): void {
    this.#document.addPage();
    this.#y = TOP;
  }

  #headings(): void {
    this.#document.font(BOLD).fontSize(TEXT_SIZE).fillColor(MUTED);
    for (const column of this.#columns) this.#cell(column, column.title);
    this.#y += ROW;
    this.#document
      .moveTo(MARGIN, this.#y - 3)
      .lineTo(MARGIN + this.#width, this.#y - 3)
      .lineWidth(0.5)
      .stroke(RULE);
  }

  /**
   * A long cell is printed smaller. When that is not enough, text is cut; figures are never cut.
   */
  #cell({ kind, x, points }: Placed, value: Cell): void {
    if (value === null) return;
    const document = this.#document;
    const space = points - 4;
    const text = printable(String(value));
    const size = (TEXT_SIZE * space) / document.fontSize(TEXT_SIZE).widthOfString(text);
    const isNumber = kind === "number";
    document.fontSize(Math.min(TEXT_SIZE, isNumber ? size : Math.max(SMALLEST_TEXT, size)));
    const shown = isNumber ? text : this.#cut(text, space);
    const offset = isNumber ? space - document.widthOfString(shown) : 0;
    document.text(shown, x + offset, this.#y, { lineBreak: false });
  }

  #cut(text: string, points: number): string {
    // Adds a little width, because a fitted text may be wider by a rounding error.
    if (this.#document.widthOfString(text) <= points + 0.1) return text;
    let length = text.length;
    while (length > 1 && this.#document.widthOfString(`${text.slice(0, length)}…`) > points)
      length -= 1;
    return `${text.slice(0, length)}…`;
  }
}

const place = (columns: readonly Column[], total: number): readonly Placed[] => {
  const unit = total / columns.reduce((sum, { width }) => sum + width, 0);
  let x = MARGIN;
  return columns.map((column) => {
    const placed = { ...column, x, points: column.width * unit };
    x += placed.points;
    return placed;
  });
};

/** Removes control characters. */
const printable = (text: string): string => text.replaceAll(/\p{Cc}/gu, " ");
