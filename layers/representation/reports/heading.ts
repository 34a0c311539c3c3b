import type { Period, ReportDays } from "../../domain/reports/period.ts";
import type { Report } from "./document.ts";

/** The client and the period of a report. */
type Heading = {
  readonly client: {
    readonly clientId: string;
    readonly fullName: string;
    readonly email: string;
    readonly currency: string;
  };
  readonly days: ReportDays;
  readonly period: Period;
  readonly isFinal: boolean;
};

/**
 * The beginning of every report: the client, the period, and whether the report can still change.
 */
export const headingOf = (
  name: Report["name"],
  title: string,
  { client, days, period, isFinal }: Heading,
): Pick<Report, "name" | "title" | "subtitle" | "fileDays" | "isFinal" | "endsAt" | "head"> => ({
  ...{ name, title, isFinal, endsAt: period.to, fileDays: `${days.from}-${days.to}` },
  subtitle: [
    `${client.fullName} · ${client.email} · ${client.currency}`,
    `${days.from} to ${days.to}, ${days.timeZone}${isFinal ? "" : " · period not over yet"}`,
  ],
  head: {
    client: { client_id: client.clientId, full_name: client.fullName, email: client.email },
    currency: client.currency,
    ...{ from: days.from, to: days.to, time_zone: days.timeZone },
    ...{ period_start: period.from.toISOString(), period_end: period.to.toISOString() },
    final: isFinal,
  },
});

/** Converts rows a page at a time. */
export async function* mapPages<From, To>(
  pages: AsyncIterable<readonly From[]>,
  show: (row: From) => To,
): AsyncGenerator<readonly To[]> {
  for await (const page of pages) yield page.map(show);
}
