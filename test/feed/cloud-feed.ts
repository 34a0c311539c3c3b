import { after } from "node:test";
import { socketHandlers } from "../../functions/market-feed/cloud/socket-handlers.ts";
import { ticketRedeemer } from "../../functions/market-feed/sockets/redeem-ticket.ts";
import { createAuthenticate } from "../../layers/http/authenticate.ts";
import { hmacKeyRing } from "../../layers/platform/credentials/key-ring.ts";
import { createTokens } from "../../layers/platform/credentials/tokens.ts";
import { createCredentialValidity } from "../../layers/store/identity/credential-validity.ts";
import type { TestDatabase } from "../../layers/testing/database.ts";
import { testLogger } from "../../layers/testing/logger.ts";
import { startApiGateway } from "../support/api-gateway.ts";
import { type FeedProcess, SECRET, startFeed } from "./feed-client.ts";

/** A gateway with the functions of the feed, and the feed's workers, until the tests have ended. */
export const startCloudFeed = async (database: TestDatabase) => {
  const clock = () => new Date();
  const tokens = createTokens({
    keys: hmacKeyRing([{ kid: "test", secret: SECRET }]),
    ttlSeconds: 600,
    clock,
  });
  const validity = createCredentialValidity(database, clock);
  const authenticate = createAuthenticate({ database, tokens, validity, clock });
  const redeem = ticketRedeemer({ database, clock });
  const gateway = await startApiGateway(
    socketHandlers({
      database,
      logger: testLogger(),
      authenticate,
      redeem,
      origins: ["https://app.example"],
      maxPerClient: 1_000, // the sixty clients below share one token
    }),
  );
  after(gateway.close);

  const workers: FeedProcess[] = [];
  const startWorker = async (): Promise<FeedProcess> => {
    const environment = { FEED_CONNECTIONS_URL: gateway.url, AWS_REGION: "us-east-1" };
    const worker = await startFeed(
      database.url,
      environment,
      "functions/market-feed/cloud/main.ts",
    );
    workers.push(worker);
    return worker;
  };
  after(() => Promise.all(workers.map((worker) => worker.stop())));

  return { gateway, workers, startWorker, authenticate, redeem };
};
