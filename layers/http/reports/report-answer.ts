import { createHash, type Hash } from "node:crypto";
import { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import type { ClientId } from "../../domain/identifiers.ts";
import { type Period, periodOf, type ReportDays } from "../../domain/reports/period.ts";
import { writeCsv } from "../../representation/reports/csv.ts";
import type { Report } from "../../representation/reports/document.ts";
import { writeJson } from "../../representation/reports/json.ts";
import {
  PDF_LINES_MAX,
  type ReadReport,
  readRows,
  renderPdf,
  TooManyLines,
} from "../../representation/reports/pdf.ts";
import type { Answer } from "../endpoint.ts";
import { Problem } from "../problem.ts";
import type { ReportFormat } from "./report-query.ts";

/** A report up to this size is sent whole, with its digest in a header. */
const WHOLE_BYTES = 1_048_576;
/** The largest answer of a Lambda function, with some room for base64 and headers. */
const LAMBDA_BYTES = 4_194_304;
/** After this time no transaction of a finished period can still commit. */
const SETTLED_MS = 60_000;
/** A little less than the time that the database lets the transaction of a report be idle. */
const SLOW_READER_MS = 25_000;

/** The subject of a report, for the use case. */
export type ReportRequest = {
  readonly clientId: ClientId;
  readonly days: ReportDays;
  readonly period: Period;
  readonly isFinal: boolean;
};

export const requestOf = (clientId: ClientId, days: ReportDays, now: Date): ReportRequest => {
  const period = periodOf(days);
  const isFinal = period.to.getTime() + SETTLED_MS <= now.getTime();
  return { clientId, days, period, isFinal };
};

/**
 * Answers with a report as JSON or CSV. `work` gets `send` and calls it once with a function that
 * makes the report, all from one snapshot of the database, which stays open until the last byte is
 * taken. A report of at most 1 MiB is sent whole; a longer one is sent while it is read, so that it
 * is never in memory. When the caller asked for the digest of a long final report, the report is
 * made twice: once to compute the digest, once to send it. A report that fails after its first bytes
 * breaks the connection, so that it never looks complete; `onBroken` receives the error.
 */
export const answerReport = (
  options: Options,
  work: (send: (make: () => Promise<Report>) => Promise<void>) => Promise<void>,
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    let isAnswered = false;
    const respond = (sent: Answer): void => {
      isAnswered = true;
      resolve(sent);
    };
    work((make) => sendReport(options, make, respond)).catch((error: unknown) => {
      if (isAnswered) options.onBroken(error);
      else reject(error);
    });
  });

/** Reads a report that will be a PDF; throws `report_too_long` before anything is printed. */
export const readForPdf = async (report: Report): Promise<ReadReport> => {
  try {
    return await readRows(report);
  } catch (error) {
    if (!(error instanceof TooManyLines)) throw error;
    throw new Problem({
      status: 422,
      code: "report_too_long",
      detail: `A PDF has at most ${PDF_LINES_MAX} lines: ask for fewer days, or for CSV or JSON.`,
      facts: { limit: String(PDF_LINES_MAX) },
    });
  }
};

/** Answers with a report as PDF, which is in memory as a whole. */
export const answerPdf = async (
  report: ReadReport,
  { streams }: { readonly streams: boolean },
): Promise<Answer> => {
  const body = await renderPdf(report);
  if (!streams && body.length > LAMBDA_BYTES) throw tooLarge();
  const digest = report.isFinal ? digestHeader(sha256().update(body)) : {};
  return { status: 200, headers: { ...headersOf(report, "pdf"), ...digest }, body };
};

const sendReport = async (
  { format, streams, wantsDigest }: Options,
  make: () => Promise<Report>,
  answer: (sent: Answer) => void,
): Promise<void> => {
  const report = await make();
  const chunks = chunksOf(report, format);
  const start = await readAhead(chunks, streams ? WHOLE_BYTES : LAMBDA_BYTES);
  const headers = headersOf(report, format);
  if (start.done) {
    const digest = report.isFinal ? digestHeader(sha256().update(start.bytes)) : {};
    answer({ status: 200, headers: { ...headers, ...digest }, body: start.bytes.toString("utf8") });
    return;
  }
  if (!streams) throw tooLarge();
  let rest = joined(start.bytes, chunks);
  let digest = {};
  if (report.isFinal && wantsDigest) {
    const hash = sha256();
    for await (const chunk of rest) hash.update(chunk);
    digest = digestHeader(hash);
    rest = chunksOf(await make(), format);
  }
  const giveUp = () => body.destroy(new Error("the reader took nothing for too long"));
  const body = Readable.from(patiently(rest, giveUp), { objectMode: false });
  answer({ status: 200, headers: { ...headers, ...digest }, body });
  await finished(body);
};

type Options = {
  readonly format: Exclude<ReportFormat, "pdf">;
  /** Whether a report may be a stream: not on Lambda behind API Gateway. */
  readonly streams: boolean;
  /** Whether the caller asked for the digest of a long report; see `wantsDigest`. */
  readonly wantsDigest: boolean;
  readonly onBroken: (error: unknown) => void;
};

/**
 * Gives up when the reader takes nothing for a while, also when no reader ever comes. Otherwise the
 * report would keep a database connection and its snapshot for as long as the reader waits.
 */
const patiently = (chunks: Chunks, giveUp: () => void): Chunks => {
  let timer = setTimeout(giveUp, SLOW_READER_MS);
  return (async function* () {
    try {
      for await (const chunk of chunks) {
        clearTimeout(timer);
        timer = setTimeout(giveUp, SLOW_READER_MS);
        yield chunk;
      }
    } finally {
      clearTimeout(timer);
    }
  })();
};

async function* joined(start: Buffer, chunks: Chunks): Chunks {
  yield start;
  yield* chunks;
}

type Chunks = AsyncGenerator<string | Buffer>;

const chunksOf = (report: Report, format: Options["format"]): Chunks => {
  const [table] = report.tables;
  return format === "csv" && table !== undefined ? writeCsv(table) : writeJson(report);
};

const tooLarge = (): Problem =>
  new Problem({
    status: 422,
    code: "report_too_long",
    detail: `A report has at most ${LAMBDA_BYTES} bytes here: ask for fewer days.`,
    facts: { limit: String(LAMBDA_BYTES) },
  });

/** Reads until the report ends or has more than `most` bytes. */
const readAhead = async (
  chunks: Chunks,
  most: number,
): Promise<{ readonly bytes: Buffer; readonly done: boolean }> => {
  const parts: Buffer[] = [];
  let size = 0;
  while (size <= most) {
    const { value, done } = await chunks.next();
    if (done) return { bytes: Buffer.concat(parts), done };
    const part = typeof value === "string" ? Buffer.from(value) : value;
    parts.push(part);
    size += part.length;
  }
  return { bytes: Buffer.concat(parts), done: false };
};

const sha256 = () => createHash("sha256");

/** The digest of a document (RFC 9530, section 3), by which two copies can be compared. */
const digestHeader = (hash: Hash): Readonly<Record<string, string>> => ({
  "repr-digest": `sha-256=:${hash.digest("base64")}:`,
});

const headersOf = (
  report: Pick<Report, "name" | "fileDays">,
  format: ReportFormat,
): Readonly<Record<string, string>> => {
  const file = `${report.name}-${report.fileDays}.${format}`;
  const media = {
    json: "application/json",
    csv: "text/csv; charset=utf-8; header=present",
    pdf: "application/pdf",
  }[format];
  return {
    "content-type": media,
    ...(format === "json" ? {} : { "content-disposition": `attachment; filename="${file}"` }),
  };
};
