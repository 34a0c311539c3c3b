import { z } from "zod";
import { contract } from "../../layers/http/contract.ts";
import { FILES, reportHeaders, reportQuery } from "../../layers/http/reports/report-query.ts";
import { equityReport } from "../../layers/representation/reports/schemas.ts";

const interval = z
  .enum(["day", "hour"], { error: "must be day or hour" })
  .default("day")
  .meta({ description: "The distance between the points." });

export const reportEquityContract = contract({
  operationId: "reportEquity",
  summary: "Equity over time, with the time-weighted and the money-weighted return.",
  tag: "reports",
  method: "GET",
  path: "/api/v1/reports/equity",
  access: "client",
  headers: reportHeaders,
  query: z.strictObject({ ...reportQuery, interval }),
  answers: {
    200: {
      description: "Cash, market value, equity and external flows at each point.",
      schema: equityReport,
      otherTypes: FILES,
    },
  },
  problems: ["not_found", "not_acceptable", "report_too_long", "too_many_requests"],
});
