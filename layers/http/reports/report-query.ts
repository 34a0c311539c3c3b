import Negotiator from "negotiator";
import { z } from "zod";
import { isSymbol, isUuid, type Ticker } from "../../domain/identifiers.ts";
import { type Day, parseDay } from "../../domain/identity/client.ts";
import { daysIn, isTimeZone, type ReportDays } from "../../domain/reports/period.ts";
import { invalid, Problem } from "../problem.ts";

export type ReportFormat = "json" | "csv" | "pdf";

/** The media types of a report besides JSON. */
export const FILES = ["text/csv", "application/pdf"] as const;

/** Days of a report as JSON or PDF; a CSV file may cover ten years. */
const DAYS_MAX = 366;
const CSV_DAYS_MAX = 3_660;

const day = (description: string) =>
  z
    .string()
    .transform((text, context): Day => {
      const parsed = parseDay(text);
      if (parsed !== undefined) return parsed;
      context.addIssue({
        code: "custom",
        message: "must be a day of the calendar such as 2026-11-30",
        params: { code: "invalid_date" },
      });
      return z.NEVER;
    })
    .meta({ type: "string", format: "date", description, examples: ["2026-11-30"] });

/** The parameters of every report. */
export const reportQuery = {
  from: day("First day, in the time zone `tz`."),
  to: day("Last day, included."),
  tz: z
    .string()
    .refine(isTimeZone, {
      error: "must be a time zone of the IANA database such as America/Toronto",
      params: { code: "invalid_time_zone" },
    })
    .default("UTC")
    .meta({ description: "The IANA time zone in which the days begin and end." }),
  format: z.enum(["json", "csv", "pdf"], { error: "must be json, csv or pdf" }).optional().meta({
    description: "Takes precedence over the Accept header; without both the report is JSON.",
  }),
  client_id: z
    .string()
    .refine(isUuid, { error: "must be the id of a client", params: { code: "invalid_id" } })
    .optional()
    .meta({ description: "Another client; for administrators only, and audited." }),
};

/** The request headers that every report reads. */
export const reportHeaders = {
  "want-repr-digest": {
    required: false,
    description:
      "Asks for the SHA-256 of a final report longer than 1 MiB, which then begins later (RFC 9530). " +
      "A shorter final report has it always, in the header Repr-Digest of the answer.",
    example: "sha-256=1",
  },
} as const;

export const symbolFilter = z
  .string()
  .refine(isSymbol, { error: "must be a symbol such as AAPL", params: { code: "invalid_symbol" } })
  .transform((text) => text as Ticker)
  .optional()
  .meta({ type: "string", description: "Only this instrument." });

/**
 * The formats by media type, the one that wins when a caller accepts them alike first. An Accept header
 * may name the parameters.
 */
const FORMATS: Readonly<Record<string, ReportFormat>> = {
  "application/json; charset=utf-8": "json",
  "text/csv; charset=utf-8; header=present": "csv",
  "application/pdf": "pdf",
};

/**
 * The format a caller asks for: the parameter, else the media type that its Accept header prefers
 * (RFC 9110, section 12.5.1), else JSON. Throws 406 when the header accepts none of the three.
 */
export const chooseFormat = (
  asked: ReportFormat | undefined,
  accept: string | undefined,
): ReportFormat => {
  if (asked !== undefined) return asked;
  if (accept === undefined || accept.trim() === "") return "json";
  const preferred = new Negotiator({ headers: { accept } }).mediaType(Object.keys(FORMATS)) ?? "";
  const format = FORMATS[preferred];
  if (format !== undefined) return format;
  throw new Problem({
    status: 406,
    code: "not_acceptable",
    detail: "A report comes as application/json, text/csv or application/pdf.",
  });
};

/**
 * Whether a `Want-Repr-Digest` header asks for SHA-256: a dictionary of algorithms with a preference
 * from 0 (not acceptable) to 10 (RFC 9530, section 4).
 */
export const wantsDigest = (header: string | undefined): boolean =>
  (header ?? "").split(",").some((part) => /^\s*sha-256\s*=\s*([1-9]|10)\s*$/.test(part));

/** Checks the days against each other and the format; throws a problem that names the parameter. */
export const checkDays = (days: ReportDays, format: ReportFormat): void => {
  const count = daysIn(days);
  const most = format === "csv" ? CSV_DAYS_MAX : DAYS_MAX;
  if (count < 1)
    throw invalid([{ path: "to", code: "period_order", message: "must not be before from" }]);
  if (count > most)
    throw invalid([
      {
        ...{ path: "to", code: "period_too_long" },
        message: `must be at most ${most - 1} days after from`,
      },
    ]);
};
