import { type components, unwrap } from "../../../sdk/index.ts";
import { brokerx, read } from "./brokerx.ts";

type Schemas = components["schemas"];
export type Statement = Schemas["StatementReport"];
export type Trades = Schemas["TradesReport"];
export type Pnl = Schemas["PnlReport"];
export type Equity = Schemas["EquityReport"];

export type Kind = "statement" | "trades" | "pnl" | "equity";

export type Period = { readonly from: string; readonly to: string; readonly tz: string };

export type Report =
  | { readonly kind: "statement"; readonly report: Statement }
  | { readonly kind: "trades"; readonly report: Trades }
  | { readonly kind: "pnl"; readonly report: Pnl }
  | { readonly kind: "equity"; readonly report: Equity };

export const readEquity = (period: Period, interval: "day" | "hour" = "day"): Promise<Equity> =>
  unwrap(brokerx.api.GET("/api/v1/reports/equity", { params: { query: { ...period, interval } } }));

export const readReport = async (kind: Kind, period: Period): Promise<Report> => {
  const params = { query: period };
  if (kind === "statement")
    return { kind, report: await unwrap(brokerx.api.GET("/api/v1/reports/statement", { params })) };
  if (kind === "trades")
    return { kind, report: await unwrap(brokerx.api.GET("/api/v1/reports/trades", { params })) };
  if (kind === "pnl")
    return { kind, report: await unwrap(brokerx.api.GET("/api/v1/reports/pnl", { params })) };
  return { kind, report: await readEquity(period) };
};

/** Saves a report as a file, like any other download of the browser. */
export const downloadReport = async (
  kind: Kind,
  period: Period,
  format: "csv" | "pdf",
): Promise<void> => {
  const query = new URLSearchParams({ ...period, format });
  const url = new URL(`/api/v1/reports/${kind}?${query}`, location.origin);
  const response = await brokerx.fetch(new Request(url));
  if (!response.ok) await read(response);
  const address = URL.createObjectURL(await response.blob());
  const link = document.createElement("a");
  link.href = address;
  link.download = `${kind}-${period.from}-${period.to}.${format}`;
  link.click();
  URL.revokeObjectURL(address);
};

export const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The time zones that this browser knows. */
export const zones: readonly string[] = Intl.supportedValuesOf("timeZone");

/** A day of the person's calendar, a number of days before today. */
export const daysAgo = (count: number): string => {
  const day = new Date(Date.now() - count * 86_400_000);
  const part = (number: number): string => String(number).padStart(2, "0");
  return `${day.getFullYear()}-${part(day.getMonth() + 1)}-${part(day.getDate())}`;
};
