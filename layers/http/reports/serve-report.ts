import type { ClientId } from "../../domain/identifiers.ts";
import type { Day } from "../../domain/identity/client.ts";
import type { ClientCap } from "../../platform/client-cap.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Logger } from "../../platform/logger.ts";
import type { Report } from "../../representation/reports/document.ts";
import { administer } from "../../store/identity/admins.ts";
import type { Database, Transaction } from "../../store/pg/database.ts";
import { adminOf } from "../admin-call.ts";
import type { Answer, Call } from "../endpoint.ts";
import { forbidden, notFound, tooManyRequests } from "../problem.ts";
import {
  answerPdf,
  answerReport,
  type ReportRequest,
  readForPdf,
  requestOf,
} from "./report-answer.ts";
import { checkDays, chooseFormat, type ReportFormat, wantsDigest } from "./report-query.ts";

type ReportCall = Call<
  unknown,
  {
    readonly from: Day;
    readonly to: Day;
    readonly tz: string;
    readonly format?: ReportFormat | undefined;
    readonly client_id?: string | undefined;
  },
  unknown
>;

/** The dependencies of serving reports; `inSnapshot` is the function of the store with this name. */
type Deps = {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Limits the reports in progress of each client. */
  readonly reports: ClientCap;
  readonly inSnapshot: <T>(database: Database, work: (tx: Transaction) => Promise<T>) => Promise<T>;
};

/** A little less than the gateway waits for the first byte of a report. */
const STREAM_DEADLINE_MS = 25_000;

/**
 * The time within which a report must begin. It is longer where the report may be a long stream,
 * which is hashed first.
 */
export const deadlineOf = (streams: boolean): { readonly deadlineMs?: number } =>
  streams ? { deadlineMs: STREAM_DEADLINE_MS } : {};

/**
 * Answers a request for a report: chooses client, days and format, audits when an operator reads
 * the report of another client, and sends what `make` returns. `make` reads in one snapshot of the
 * database; it is called a second time when a long report needs its digest first. A client has a
 * limited number of reports in progress. A report is in progress until its last byte is taken, or
 * until it has failed; it also counts when its reader has left.
 */
export const serveReport = async (
  { database, clock, logger, reports, inSnapshot }: Deps,
  call: ReportCall,
  { streams }: { readonly streams: boolean },
  make: (tx: Transaction, request: ReportRequest, now: Date) => Promise<Report | undefined>,
): Promise<Answer> => {
  const { query, headers } = call;
  const format = chooseFormat(query.format, headers["accept"]);
  const days = { from: query.from, to: query.to, timeZone: query.tz };
  checkDays(days, format);
  const now = clock();
  /** Calls `use` with a function that makes the report, all in one snapshot. */
  const read = async <T>(use: (makeReport: () => Promise<Report>) => Promise<T>): Promise<T> => {
    const client = await clientOfReport(database, call);
    return inSnapshot(database, (tx) =>
      use(async () => {
        const report = await make(tx, requestOf(client, days, now), now);
        if (report === undefined) throw notFound("There is no such client.");
        return report;
      }),
    );
  };
  const limited = <T>(work: () => Promise<T>): Promise<T> =>
    reports.run(call.client, work, async () => {
      throw tooManyRequests("Too many reports are being made for this client.");
    });
  // The snapshot of a PDF is closed before it is printed, which takes much longer than reading.
  if (format === "pdf")
    return limited(async () =>
      answerPdf(await read(async (makeReport) => readForPdf(await makeReport())), { streams }),
    );
  const options = {
    ...{ format, streams, wantsDigest: wantsDigest(headers["want-repr-digest"]) },
    onBroken: (error: unknown): void =>
      logger.warn(
        { err: error, correlationId: call.correlationId },
        "a report ended with an error after its first bytes",
      ),
  };
  return answerReport(options, (send) => limited(() => read(send)));
};

/**
 * The client of the report: the caller or, for an administrator, the client that the request names.
 * As on the routes of administrators, the token must have the role, and so must the database at
 * this moment. The audit row is written before anything is read.
 */
const clientOfReport = async (database: Database, call: ReportCall): Promise<ClientId> => {
  const { client_id: named, from, to } = call.query;
  if (named === undefined || named === call.client) return call.client;
  if (!call.roles.includes("admin"))
    throw forbidden("forbidden", "Only administrators read the reports of other clients.");
  const act = { action: "report_read", subject: named, facts: { from, to } };
  await administer(database, adminOf(call), async () => ({ result: undefined, act }));
  return named as ClientId;
};
