import { Unavailable } from "../platform/unavailable.ts";
import { type AcceptVerdict, acceptOrders, type NewOrder } from "./accept-orders.ts";
import type { Database } from "./database.ts";

export type OrderIntake = {
  /** Throws Unavailable when too many orders are waiting: before any work is done for one more. */
  readonly requireRoom: () => void;
  /** Resolves after commit. Throws Unavailable when too many orders are waiting already. */
  readonly place: (order: NewOrder) => Promise<AcceptVerdict>;
};

type Waiting = {
  readonly order: NewOrder;
  readonly resolve: (verdict: AcceptVerdict) => void;
  readonly reject: (error: unknown) => void;
};

/** An order of a batch, and those that came after it and are the same. */
type Entry = Waiting & { readonly twins: Waiting[] };

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

/**
 * The longest waiting. Of several orders of one name only the first: the others will find it. Those
 * without a name that are the same as one of the batch share its fate, and take no place in it.
 */
const nextBatch = (waiting: readonly Waiting[]) => {
  const named = new Set<string>();
  const unnamed = new Map<string, Entry>();
  const batch: Entry[] = [];
  const passedOver: Waiting[] = [];
  let seen = 0;
  for (const one of waiting) {
    if (batch.length === BATCH_MAX) break;
    seen += 1;
    const name = nameOf(one.order);
    const likeness = likenessOf(one.order);
    const first = likeness === undefined ? undefined : unnamed.get(likeness);
    if (first !== undefined) first.twins.push(one);
    else if (name !== undefined && named.has(name)) passedOver.push(one);
    else {
      const entry = { ...one, twins: [] };
      batch.push(entry);
      if (name !== undefined) named.add(name);
      if (likeness !== undefined) unnamed.set(likeness, entry);
    }
  }
  return { batch, rest: [...passedOver, ...waiting.slice(seen)] };
};

const nameOf = ({ clientId, terms }: NewOrder): string | undefined =>
  terms.clientOrderId && `${clientId} ${terms.clientOrderId}`;

/** Equal for orders of which the second is a duplicate. */
const likenessOf = ({ clientId, terms, twinWindowMs }: NewOrder): string | undefined => {
  if (terms.clientOrderId !== undefined || twinWindowMs === 0) return undefined;
  const { symbol, direction, quantity, price, stopPrice } = terms;
  return [clientId, symbol, direction, quantity, price, stopPrice].join(" ");
};

const placeTogether = async (db: Database, batch: readonly Entry[]): Promise<void> => {
  try {
    const orders = batch.map(({ order }) => order);
    const verdicts = orders.some(({ waits }) => waits)
      ? await db.transaction((tx) => acceptOrders(tx, orders))
      : await acceptOrders(db, orders);
    batch.forEach((entry, index) => {
      const verdict = verdicts[index];
      if (verdict !== undefined) tell(entry, verdict);
    });
  } catch (error) {
    for (const { reject, twins } of batch) {
      reject(error);
      for (const twin of twins) twin.reject(error);
    }
  }
};

const tell = ({ resolve, twins }: Entry, verdict: AcceptVerdict): void => {
  resolve(verdict);
  for (const twin of twins)
    twin.resolve(verdict.verdict === "placed" ? { verdict: "duplicate" } : verdict);
};
