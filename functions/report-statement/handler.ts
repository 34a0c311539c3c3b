import { endpoint } from "../../layers/http/endpoint.ts";
import { deadlineOf, serveReport } from "../../layers/http/reports/serve-report.ts";
import { runtime } from "../../layers/runtime.ts";
import { inSnapshot } from "../../layers/store/reports/snapshot.ts";
import { reportStatementContract } from "./contract.ts";
import { reportStatement } from "./report-statement.ts";

const deps = { ...runtime, inSnapshot };

const serve = (streams: boolean) =>
  endpoint(
    runtime,
    reportStatementContract,
    (call) => {
      return serveReport(deps, call, { streams }, (tx, request) => reportStatement(tx, request));
    },
    deadlineOf(streams),
  );

/** On Lambda, whose answers are limited: a report that is too large is refused. */
export const handler = serve(false);

/** For the process that serves reports: a report of any length. */
export const streamingHandler = serve(true);
