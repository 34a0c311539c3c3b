import { Unavailable } from "../../platform/unavailable.ts";
import type { Executor } from "../pg/database.ts";
import { acceptOrders, type NewOrder, type Verdict } from "./accept-orders.ts";

export type OrderBatcher = {
  /**
   * Runs the whole work for an order. Throws Unavailable, before any work, when too many orders are
   * waiting for a batch or for the facts they are checked against.
   */
  readonly admit: <T>(work: () => Promise<T>) => Promise<T>;
  /** Resolves after commit. */
  readonly place: (order: NewOrder) => Promise<Verdict>;
};

type Waiting = {
  readonly order: NewOrder;
  readonly resolve: (verdict: Verdict) => void;
  readonly reject: (error: unknown) => void;
};

const BATCH_MAX = 128;
/**
 * While a batch is being committed the next may already be sent, when it has enough orders for a
 * commit of its own. Orders that arrived together are divided, so that two processors have work.
 */
const BATCHES_AT_ONCE = 2;
const WORTH_A_COMMIT = 16;
/** About a second of work. A client that would wait longer is asked to retry. */
const INSIDE_MAX = 2_048;

/**
 * Accepts the orders of one process in batches: those that arrive in one turn of the event loop,
 * and all that arrive while batches are being committed. There is no timer, so a single order is
 * sent at once, and orders of one account share a commit instead of queueing for its row.
 */
export const createOrderBatcher = (db: Executor): OrderBatcher => {
  let waiting: Waiting[] = [];
  let batchesUnderWay = 0;
  let leaving = false;
  let inside = 0;

  const leave = (): void => {
    leaving = false;
    while (batchesUnderWay < BATCHES_AT_ONCE && waiting.length > 0) {
      if (batchesUnderWay > 0 && waiting.length < WORTH_A_COMMIT) return;
      const share = Math.ceil(waiting.length / (BATCHES_AT_ONCE - batchesUnderWay));
      const size = Math.min(BATCH_MAX, Math.max(WORTH_A_COMMIT, share));
      const batch = waiting.slice(0, size);
      waiting = waiting.slice(size);
      batchesUnderWay += 1;
      void acceptBatch(db, batch).then(() => {
        batchesUnderWay -= 1;
        leaveSoon();
      });
    }
  };
  const leaveSoon = (): void => {
    if (leaving || waiting.length === 0) return;
    leaving = true;
    setImmediate(leave);
  };
  return {
    admit: async (work) => {
      if (inside >= INSIDE_MAX) throw new Unavailable("too many orders are waiting to be accepted");
      inside += 1;
      try {
        return await work();
      } finally {
        inside -= 1;
      }
    },
    place: (order) =>
      new Promise((resolve, reject) => {
        waiting.push({ order, resolve, reject });
        leaveSoon();
      }),
  };
};

/**
 * Accepts a batch and answers every caller. The database refuses a batch as a whole when it cannot
 * store one of its rows; then each order is tried alone, so that only the faulty order fails.
 */
const acceptBatch = async (db: Executor, batch: readonly Waiting[]): Promise<void> => {
  try {
    const verdicts = await acceptOrders(
      db,
      batch.map(({ order }) => order),
    );
    batch.forEach(({ resolve, reject }, index) => {
      const verdict = verdicts[index];
      if (verdict === undefined) reject(new Error("an order was not judged"));
      else resolve(verdict);
    });
  } catch (error) {
    // After an outage it is unknown whether the batch was committed, so it must not be sent again.
    if (batch.length > 1 && !(error instanceof Unavailable))
      for (const order of batch) await acceptBatch(db, [order]);
    else for (const { reject } of batch) reject(error);
  }
};
