import type { Order } from "../domain/order.ts";
import { Unavailable } from "../platform/unavailable.ts";
import { type AcceptRefusal, acceptOrders, type NewOrder } from "./accept-orders.ts";
import type { Database } from "./database.ts";

/** What the database said to an order that passed every check that cannot race. */
export type PlaceVerdict =
  | { readonly verdict: "placed"; readonly order: Order }
  | { readonly verdict: AcceptRefusal };

export type OrderIntake = {
  /** Throws Unavailable when too many orders are waiting: before any work is done for one more. */
  readonly requireRoom: () => void;
  /** Resolves after commit. Throws Unavailable when too many orders are waiting already. */
  readonly place: (order: NewOrder) => Promise<PlaceVerdict>;
};

type Waiting = {
  readonly order: NewOrder;
  readonly resolve: (verdict: PlaceVerdict) => void;
  readonly reject: (error: unknown) => void;
};

const BATCH_MAX = 256;
/** About a second of work: whoever would wait longer is better told to come again. */
const WAITING_MAX = 2_048;

/**
 * Accepts the orders of one process together: whatever arrives while a batch is being committed is
 * the next batch. There is no timer, so a lone order waits for nothing; orders of one account share a
 * commit instead of queueing for its row; and one that is refused costs the others nothing.
 */
export const createOrderIntake = (db: Database): OrderIntake => {
  let waiting: Waiting[] = [];
  let busy = false;
  const run = async (): Promise<void> => {
    busy = true;
    while (waiting.length > 0) {
      const { batch, rest } = nextBatch(waiting);
      waiting = rest;
      await placeTogether(db, batch);
    }
    busy = false;
  };
  const requireRoom = (): void => {
    if (waiting.length >= WAITING_MAX)
      throw new Unavailable("too many orders are waiting to be accepted");
  };
  return {
    requireRoom,
    place: (order) =>
      new Promise((resolve, reject) => {
        requireRoom();
        waiting.push({ order, resolve, reject });
        if (!busy) void run();
      }),
  };
};

/** The longest waiting, but of several orders of one name only the first: the others will find it. */
const nextBatch = (waiting: readonly Waiting[]) => {
  const names = new Set<string>();
  const batch: Waiting[] = [];
  const passedOver: Waiting[] = [];
  let seen = 0;
  for (const one of waiting) {
    if (batch.length === BATCH_MAX) break;
    seen += 1;
    const { clientId, terms } = one.order;
    const name = terms.clientOrderId && `${clientId} ${terms.clientOrderId}`;
    if (name !== undefined && names.has(name)) passedOver.push(one);
    else batch.push(one);
    if (name !== undefined) names.add(name);
  }
  return { batch, rest: [...passedOver, ...waiting.slice(seen)] };
};

const placeTogether = async (db: Database, batch: readonly Waiting[]): Promise<void> => {
  try {
    const orders = batch.map(({ order }) => order);
    const outcomes = orders.some(({ waits }) => waits)
      ? await db.transaction((tx) => acceptOrders(tx, orders))
      : await acceptOrders(db, orders);
    batch.forEach(({ resolve }, index) => {
      const outcome = outcomes[index];
      if (typeof outcome === "string") resolve({ verdict: outcome });
      else if (outcome !== undefined) resolve({ verdict: "placed", order: outcome });
    });
  } catch (error) {
    for (const { reject } of batch) reject(error);
  }
};
