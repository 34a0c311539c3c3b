import { endpoint } from "../../layers/http/endpoint.ts";
import { deadlineOf, serveReport } from "../../layers/http/reports/serve-report.ts";
import { runtime } from "../../layers/runtime.ts";
import { inSnapshot } from "../../layers/store/reports/snapshot.ts";
import { reportTradesContract } from "./contract.ts";
import { reportTrades } from "./report-trades.ts";

const deps = { ...runtime, inSnapshot };

const serve = (streams: boolean) =>
  endpoint(
    runtime,
    reportTradesContract,
    (call) => {
      const { query } = call;
      return serveReport(deps, call, { streams }, (tx, request) =>
        reportTrades(tx, { ...request, symbol: query.symbol }),
      );
    },
    deadlineOf(streams),
  );

/** On Lambda, whose answers are limited: a report that is too large is refused. */
export const handler = serve(false);

/** For the process that serves reports: a report of any length. */
export const streamingHandler = serve(true);
