import type { Logger } from "../layers/platform/logger.ts";
import type { Metrics } from "../layers/platform/metrics.ts";
import { countDrift } from "../layers/store/ledger/ledger-check.ts";
import type { Executor } from "../layers/store/pg/database.ts";

/** Compares balances with the journal, and holds with open orders: for the metrics and the log. */
export const measureLedger = async (deps: {
  readonly database: Executor;
  readonly metrics: Pick<Metrics, "ledgerImbalance" | "holdDrift">;
  readonly logger: Pick<Logger, "error">;
}): Promise<void> => {
  const { imbalance, drift } = await countDrift(deps.database);
  deps.metrics.ledgerImbalance.set(imbalance);
  deps.metrics.holdDrift.set(drift);
  if (imbalance > 0 || drift > 0)
    deps.logger.error({ imbalance, drift }, "the ledger does not balance");
};
