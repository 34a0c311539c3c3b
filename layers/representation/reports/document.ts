/** A printed value: money and times are text, counts are numbers. */
export type Cell = string | number | null;

export type Row = Readonly<Record<string, Cell>>;

export type Column = {
  /** The field name in JSON and the heading in CSV. */
  readonly key: string;
  /** The heading in PDF. */
  readonly title: string;
  /** Numbers are right-aligned and are never quoted or neutralised in CSV. */
  readonly kind: "text" | "number";
  /** The share of the page's width, relative to the other columns. */
  readonly width: number;
};

/** A table of a report: an array in JSON, the lines of a CSV file, a table in PDF. */
export type Table = {
  /** The name of the array in JSON. */
  readonly name: string;
  readonly title: string;
  readonly columns: readonly Column[];
  /**
   * The rows in pages, so that a long table is never in memory as a whole. Can be read only once.
   */
  readonly pages: AsyncIterable<readonly Row[]> | Iterable<readonly Row[]>;
  /** Lines before and after the rows in CSV and PDF. JSON has them as fields of the report. */
  readonly before?: readonly Row[];
  readonly after?: () => readonly Row[];
};

/** A report, independent of its format. */
export type Report = {
  readonly name: "statement" | "trades" | "pnl" | "equity";
  readonly title: string;
  /** The client and the period, for the header of a page. */
  readonly subtitle: readonly string[];
  /** The days, for the file name: `2026-11-01-2026-11-30`. */
  readonly fileDays: string;
  /** Whether the period is over and the report can no longer change. */
  readonly isFinal: boolean;
  /** The fields before the tables in JSON, as lines for the first page of a PDF. */
  readonly summary?: readonly string[];
  /** Whether its tables need landscape pages. */
  readonly isWide?: boolean;
  /**
   * The end of the period: the only date in the document, so that its bytes are the same each time.
   */
  readonly endsAt: Date;
  /** The fields of the JSON before its tables. */
  readonly head: Readonly<Record<string, unknown>>;
  readonly tables: readonly Table[];
  /** The fields of the JSON after its tables; called when all rows were read. */
  readonly tail?: () => Readonly<Record<string, unknown>>;
};
