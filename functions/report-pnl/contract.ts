import { z } from "zod";
import { contract } from "../../layers/http/contract.ts";
import {
  FILES,
  reportHeaders,
  reportQuery,
  symbolFilter,
} from "../../layers/http/reports/report-query.ts";
import { pnlReport } from "../../layers/representation/reports/schemas.ts";

const pnlTable = z
  .enum(["symbols", "closed_lots", "open_lots"], {
    error: "must be symbols, closed_lots or open_lots",
  })
  .default("symbols")
  .meta({ description: "The table that a CSV file has." });

export const reportPnlContract = contract({
  operationId: "reportPnl",
  summary: "Profit and loss by two methods: FIFO (first in, first out) and average cost.",
  tag: "reports",
  method: "GET",
  path: "/api/v1/reports/pnl",
  access: "client",
  headers: reportHeaders,
  query: z.strictObject({ ...reportQuery, symbol: symbolFilter, table: pnlTable }),
  answers: {
    200: {
      description:
        "Gains by symbol, sold lots and lots still owned. As CSV it contains the requested table.",
      schema: pnlReport,
      otherTypes: FILES,
    },
  },
  problems: ["not_found", "not_acceptable", "report_too_long", "too_many_requests"],
});
