import { getBookContract } from "../../functions/get-book/contract.ts";
import { handler as getBook } from "../../functions/get-book/handler.ts";
import { issueTicketContract } from "../../functions/issue-ticket/contract.ts";
import { handler as issueTicket } from "../../functions/issue-ticket/handler.ts";
import { listCandlesContract } from "../../functions/list-candles/contract.ts";
import { handler as listCandles } from "../../functions/list-candles/handler.ts";
import { listInstrumentsContract } from "../../functions/list-instruments/contract.ts";
import { handler as listInstruments } from "../../functions/list-instruments/handler.ts";
import { listTradesContract } from "../../functions/list-trades/contract.ts";
import { handler as listTrades } from "../../functions/list-trades/handler.ts";
import { serveMarketFeed } from "../../functions/market-feed/sockets/serve.ts";
import { handler as unknownRoute } from "../../functions/unknown-route/handler.ts";
import { serveHandlers } from "../../layers/http/serve-handlers.ts";
import { stopOnSignal } from "../../layers/platform/process.ts";
import { flushTraces } from "../../layers/platform/tracing/tracing.ts";
import { runtime } from "../../layers/runtime.ts";

// The process of the market feed: sockets, and market data over HTTP. When it is stopped, it first
// disconnects all clients with a reason.

const { logger, database } = runtime;
const onRequest = serveHandlers(
  [
    { contract: listInstrumentsContract, handler: listInstruments },
    { contract: getBookContract, handler: getBook },
    { contract: listTradesContract, handler: listTrades },
    { contract: listCandlesContract, handler: listCandles },
    { contract: issueTicketContract, handler: issueTicket },
  ],
  unknownRoute,
);
const feed = await serveMarketFeed({ ...runtime, onRequest });
logger.info({ port: feed.port }, "the market feed listens");

stopOnSignal({ logger, stop: [feed.stop, flushTraces, database.end] });
