import type { Order } from "../domain/order.ts";
import { Unavailable } from "../platform/unavailable.ts";
import { type AcceptRefusal, acceptOrders, type NewOrder } from "./accept-orders.ts";
import type { Executor } from "./database.ts";

/** What the database said to an order that passed every check that cannot race. */
export type PlaceVerdict =
  | { readonly verdict: "placed"; readonly order: Order }
  | { readonly verdict: AcceptRefusal };

export type OrderIntake = {
  /** Resolves after commit. Throws Unavailable when too many orders are waiting already. */
  readonly place: (order: NewOrder) => Promise<PlaceVerdict>;
};

type Waiting = {
  readonly order: NewOrder;
  readonly resolve: (verdict: PlaceVerdict) => void;
  readonly reject: (error: unknown) => void;
};

const BATCH_MAX = 256;
const WAITING_MAX = 4_096;

/**
 * Accepts the orders of one process together: whatever arrives while a batch is being committed is
 * the next batch. There is no timer, so a lone order waits for nothing; and orders of one account
 * share a commit instead of queueing for its row.
 */
export const createOrderIntake = (db: Executor): OrderIntake => {
  let waiting: Waiting[] = [];
  let busy = false;
  const run = async (): Promise<void> => {
    busy = true;
    while (waiting.length > 0) {
      const batch = waiting.slice(0, BATCH_MAX);
      waiting = waiting.slice(BATCH_MAX);
      await placeTogether(db, batch);
    }
    busy = false;
  };
  return {
    place: (order) =>
      new Promise((resolve, reject) => {
        if (waiting.length >= WAITING_MAX) {
          reject(new Unavailable("too many orders are waiting to be accepted"));
          return;
        }
        waiting.push({ order, resolve, reject });
        if (!busy) void run();
      }),
  };
};

/** All or none of a batch is accepted; a batch that is refused is tried again in two halves. */
const placeTogether = async (db: Executor, batch: readonly Waiting[]): Promise<void> => {
  try {
    const accepted = await acceptOrders(
      db,
      batch.map(({ order }) => order),
    );
    if (typeof accepted !== "string")
      batch.forEach(({ resolve }, index) => {
        const order = accepted[index];
        if (order !== undefined) resolve({ verdict: "placed", order });
      });
    else if (batch.length === 1) batch[0]?.resolve({ verdict: accepted });
    else await placeInHalves(db, batch);
  } catch (error) {
    for (const { reject } of batch) reject(error);
  }
};

const placeInHalves = async (db: Executor, batch: readonly Waiting[]): Promise<void> => {
  const middle = Math.ceil(batch.length / 2);
  await placeTogether(db, batch.slice(0, middle));
  await placeTogether(db, batch.slice(middle));
};
