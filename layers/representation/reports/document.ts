/** A value as it is printed: money and times as text, counts as numbers. */
export type Cell = string | number | null;

export type Row = Readonly<Record<string, Cell>>;

export type Column = {
  /** Field name in JSON and heading in CSV. */
  readonly key: string;
  /** Heading in PDF. */
  readonly title: string;
  /** Numbers stand to the right and are never quoted or neutralised in CSV. */
  readonly kind: "text" | "number";
  /** Share of the page's width, relative to the other columns. */
  readonly width: number;
};

/** A table of a report: an array in JSON, the lines of a CSV file, a table in PDF. */
export type Table = {
  /** Name of the array in JSON. */
  readonly name: string;
  readonly title: string;
  readonly columns: readonly Column[];
  /** In pages, so that a long table is never in memory as a whole. Read once. */
  readonly pages: AsyncIterable<readonly Row[]> | Iterable<readonly Row[]>;
  /** Lines before and after the rows in CSV and PDF; JSON has them as fields of the report. */
  readonly before?: readonly Row[];
  readonly after?: () => readonly Row[];
};

/** A report before it is written in one of the formats. */
export type Report = {
  readonly name: "statement" | "trades" | "pnl" | "equity";
  readonly title: string;
  /** The client and the period, for the head of a page. */
  readonly subtitle: readonly string[];
  /** The days, for the name of a file: `2026-11-01-2026-11-30`. */
  readonly fileDays: string;
  /** Whether the period is over and nothing in the report can change any more. */
  readonly isFinal: boolean;
  /** What the JSON has before its tables, as lines for the first page of a PDF. */
  readonly summary?: readonly string[];
  /** Whether its tables need the long side of a page. */
  readonly isWide?: boolean;
  /** The end of the period: the only date a document carries, so that it is the same each time. */
  readonly endsAt: Date;
  /** Fields of the JSON before its tables. */
  readonly head: Readonly<Record<string, unknown>>;
  readonly tables: readonly Table[];
  /** Fields of the JSON after its tables, when all rows were read. */
  readonly tail?: () => Readonly<Record<string, unknown>>;
};
