import type { Period, ReportDays } from "../../domain/reports/period.ts";
import type { Report } from "./document.ts";

/** The client and the time that a report is about. */
export type Heading = {
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

/** What all reports begin with: whose it is, the period, and whether it can still change. */
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

/** A page of rows at a time, each made into what the report shows. */
export async function* mapPages<From, To>(
  pages: AsyncIterable<readonly From[]>,
  show: (row: From) => To,
): AsyncGenerator<readonly To[]> {
  for await (const page of pages) yield page.map(show);
}
