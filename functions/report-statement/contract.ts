import { z } from "zod";
import { contract } from "../../layers/http/contract.ts";
import { FILES, reportHeaders, reportQuery } from "../../layers/http/reports/report-query.ts";
import { statementReport } from "../../layers/representation/reports/schemas.ts";

export const reportStatementContract = contract({
  operationId: "reportStatement",
  summary: "Account statement: balances and every activity of a period.",
  tag: "reports",
  method: "GET",
  path: "/api/v1/reports/statement",
  access: "client",
  headers: reportHeaders,
  query: z.strictObject({ ...reportQuery }),
  answers: {
    200: {
      description: "The statement. As CSV its activities between the opening and closing balances.",
      schema: statementReport,
      otherTypes: FILES,
    },
  },
  problems: ["not_found", "not_acceptable", "report_too_long", "too_many_requests"],
});
