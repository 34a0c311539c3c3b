import type { MarketEvent } from "../../../layers/domain/market/market-event.ts";
import type { Logger } from "../../../layers/platform/logger.ts";
import { beginStep, isTracing } from "../../../layers/platform/tracing/tracing.ts";
import { readTraceparents } from "../../../layers/store/matching/traceparents.ts";
import type { Executor } from "../../../layers/store/pg/database.ts";

type Delivery = {
  readonly symbol: string;
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly startedAt: Date;
  readonly endedAt: number;
};

const FLUSH_AFTER_MS = 250;
/** Deliveries above this number are not traced: tracing must not slow the feed down. */
const WAITING_MAX = 2_000;

/**
 * Records the feed's span in the trace of each command: from the commit of its batch until it was
 * written to every socket. Events carry no trace context, so it is read from the commands afterwards,
 * for many at once, and only when tracing is on.
 */
export const createDeliveryTraces = (deps: {
  readonly database: Executor;
  readonly logger: Logger;
}): ((event: MarketEvent) => void) => {
  let waiting: Delivery[] = [];

  const record = async (deliveries: readonly Delivery[]): Promise<void> => {
    const parents = await readTraceparents(deps.database, deliveries);
    for (const { symbol, seq, traceparent } of parents) {
      const delivery = deliveries.find(
        (candidate) =>
          candidate.symbol === symbol && candidate.firstSeq <= seq && seq <= candidate.lastSeq,
      );
      if (delivery === undefined) continue;
      const { startedAt, endedAt } = delivery;
      const attributes = { "brokerx.symbol": symbol, "brokerx.seq": seq };
      beginStep({
        ...{ name: "deliver", kind: "consumer", parent: traceparent, startedAt, attributes },
      }).end({ endedAt: Math.max(endedAt, startedAt.getTime()) });
    }
  };

  const flush = (): void => {
    const deliveries = waiting;
    waiting = [];
    record(deliveries).catch((error: unknown) =>
      deps.logger.debug({ err: error }, "deliveries could not be traced"),
    );
  };

  return ({ symbol, firstSeq, lastSeq, at }) => {
    if (!isTracing() || waiting.length >= WAITING_MAX) return;
    if (waiting.length === 0) setTimeout(flush, FLUSH_AFTER_MS).unref();
    waiting.push({ symbol, firstSeq, lastSeq, startedAt: at, endedAt: Date.now() });
  };
};
