import { reportEquityContract } from "../../functions/report-equity/contract.ts";
import { streamingHandler as reportEquity } from "../../functions/report-equity/handler.ts";
import { reportPnlContract } from "../../functions/report-pnl/contract.ts";
import { streamingHandler as reportPnl } from "../../functions/report-pnl/handler.ts";
import { reportStatementContract } from "../../functions/report-statement/contract.ts";
import { streamingHandler as reportStatement } from "../../functions/report-statement/handler.ts";
import { reportTradesContract } from "../../functions/report-trades/contract.ts";
import { streamingHandler as reportTrades } from "../../functions/report-trades/handler.ts";
import { handler as unknownRoute } from "../../functions/unknown-route/handler.ts";
import { serveHandlers } from "../../layers/http/serve-handlers.ts";
import { checkHealth } from "../../layers/platform/health.ts";
import { stopOnSignal } from "../../layers/platform/process.ts";
import { startStatusServer } from "../../layers/platform/status-server.ts";
import { flushTraces } from "../../layers/platform/tracing/tracing.ts";
import { runtime } from "../../layers/runtime.ts";
import { sql } from "../../layers/store/pg/database.ts";

// The process of the reports: unlike Lambda behind API Gateway, it can stream them.

const { config, database, logger } = runtime;
const server = await startStatusServer({
  port: config.reportingPort,
  host: config.listenHost,
  instance: config.instance,
  registry: runtime.metrics.registry,
  health: () => checkHealth({ database: () => database.query(sql`select 1`) }),
  onRequest: serveHandlers(
    [
      { contract: reportStatementContract, handler: reportStatement },
      { contract: reportTradesContract, handler: reportTrades },
      { contract: reportPnlContract, handler: reportPnl },
      { contract: reportEquityContract, handler: reportEquity },
    ],
    unknownRoute,
  ),
});
logger.info({ port: server.port }, "reporting listens");
stopOnSignal({ logger, stop: [server.close, flushTraces, database.end] });
