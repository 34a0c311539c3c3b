import { z } from "zod";
import { contract } from "../../layers/http/contract.ts";
import {
  FILES,
  reportHeaders,
  reportQuery,
  symbolFilter,
} from "../../layers/http/reports/report-query.ts";
import { tradesReport } from "../../layers/representation/reports/schemas.ts";

export const reportTradesContract = contract({
  operationId: "reportTrades",
  summary: "Trade confirmations: every fill of a period, and totals by symbol.",
  tag: "reports",
  method: "GET",
  path: "/api/v1/reports/trades",
  access: "client",
  headers: reportHeaders,
  query: z.strictObject({ ...reportQuery, symbol: symbolFilter }),
  answers: {
    200: {
      description: "The confirmations. As CSV the fills.",
      schema: tradesReport,
      otherTypes: FILES,
    },
  },
  problems: ["not_found", "not_acceptable", "report_too_long", "too_many_requests"],
});
