import { serveHandlers } from "../../layers/http/serve-handlers.ts";
import { stopOnSignal } from "../../layers/platform/process.ts";
import { flushTraces } from "../../layers/platform/tracing.ts";
import { runtime } from "../../layers/runtime.ts";
import { getBookContract } from "../get-book/contract.ts";
import { handler as getBook } from "../get-book/handler.ts";
import { issueTicketContract } from "../issue-ticket/contract.ts";
import { handler as issueTicket } from "../issue-ticket/handler.ts";
import { listCandlesContract } from "../list-candles/contract.ts";
import { handler as listCandles } from "../list-candles/handler.ts";
import { listInstrumentsContract } from "../list-instruments/contract.ts";
import { handler as listInstruments } from "../list-instruments/handler.ts";
import { listTradesContract } from "../list-trades/contract.ts";
import { handler as listTrades } from "../list-trades/handler.ts";
import { handler as unknownRoute } from "../unknown-route/handler.ts";
import { serveMarketFeed } from "./sockets/serve.ts";

// The market feed's process: sockets, and what they show over HTTP too. SIGTERM and Ctrl-C say goodbye to every client, then end it.

const { logger, database, queue } = runtime;
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

stopOnSignal({ logger, stop: [feed.stop, flushTraces, database.end, queue.close] });
