import { Unavailable } from "../../platform/unavailable.ts";
import { brokenConstraint, type Database } from "../pg/database.ts";
import { type AcceptVerdict, acceptOrders, type NewOrder } from "./accept-orders.ts";

export type OrderIntake = {
  /**
   * Does all the work of one order. Throws Unavailable, before any is done, when too many are inside:
   * wherever they wait, in here or for what they are checked against.
   */
  readonly admit: <T>(work: () => Promise<T>) => Promise<T>;
  /**
   * Lets the connections plan what accepts orders, which takes some twenty milliseconds each, before
   * somebody waits for it. Never throws: who cannot be prepared plans later.
   */
  readonly prepare: () => Promise<void>;
  /** Resolves after commit. */
  readonly place: (order: NewOrder) => Promise<AcceptVerdict>;
};

type Waiting = {
  readonly order: NewOrder;
  readonly resolve: (verdict: AcceptVerdict) => void;
  readonly reject: (error: unknown) => void;
};

/** An order of a batch, and those that came after it and are the same. */
type Entry = Waiting & { readonly key: string | undefined; readonly twins: Waiting[] };

const BATCH_MAX = 128;
/**
 * While one batch is being committed the next can be on its way already, when it is worth a commit; and
 * orders that arrived together are divided, so that two processors have something to do.
 */
const BATCHES_AT_ONCE = 2;
const WORTH_A_COMMIT = 16;
/** About a second of work: whoever would wait longer is better told to come again. */
const INSIDE_MAX = 2_048;

/**
 * Accepts the orders of one process together: those that arrive in one turn of the event loop, and
 * whatever arrives while batches are being committed. There is no timer, so a lone order waits for
 * nothing; orders of one account share a commit instead of queueing for its row; and one that is
 * refused costs the others nothing.
 */
export const createOrderIntake = (db: Database): OrderIntake => {
  let waiting: Waiting[] = [];
  let batchesUnderWay = 0;
  let leaving = false;
  let inside = 0;
  /** Refusals seldom come alone: after some, the next batch is expected to have some too. */
  let inTurn = false;
  const underWay = new Map<string, Entry>();

  const leave = (): void => {
    leaving = false;
    while (batchesUnderWay < BATCHES_AT_ONCE) {
      if (batchesUnderWay > 0 && waiting.length < WORTH_A_COMMIT) return;
      const share = Math.ceil(waiting.length / (BATCHES_AT_ONCE - batchesUnderWay));
      const most = Math.min(BATCH_MAX, Math.max(WORTH_A_COMMIT, share));
      const { batch, rest } = nextBatch(waiting, underWay, most);
      waiting = rest;
      if (batch.length === 0) return;
      batchesUnderWay += 1;
      void placeTogether(db, batch, inTurn).then((allWerePlaced) => {
        batchesUnderWay -= 1;
        inTurn = !allWerePlaced;
        for (const { key } of batch) if (key !== undefined) underWay.delete(key);
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
    prepare: async () => {
      const planning = Array.from({ length: BATCHES_AT_ONCE }, () => acceptOrders(db, []));
      await Promise.allSettled(planning);
    },
    place: (order) =>
      new Promise((resolve, reject) => {
        waiting.push({ order, resolve, reject });
        leaveSoon();
      }),
  };
};

/**
 * The longest waiting. Of several orders of one name only one is under way at a time: the others will
 * find it. Those without a name that are the same as one under way share its fate, and take no place.
 */
const nextBatch = (waiting: readonly Waiting[], underWay: Map<string, Entry>, most: number) => {
  const batch: Entry[] = [];
  const passedOver: Waiting[] = [];
  let seen = 0;
  for (const one of waiting) {
    if (batch.length === most) break;
    seen += 1;
    const key = keyOf(one.order);
    const first = key === undefined ? undefined : underWay.get(key);
    if (first === undefined) {
      const entry = { ...one, key, twins: [] };
      batch.push(entry);
      if (key !== undefined) underWay.set(key, entry);
    } else if (one.order.terms.clientOrderId === undefined) first.twins.push(one);
    else passedOver.push(one);
  }
  return { batch, rest: [...passedOver, ...waiting.slice(seen)] };
};

/** Equal for orders of one name, and for those without one of which the second is a duplicate. */
const keyOf = ({ clientId, terms, twinWindowMs }: NewOrder): string | undefined => {
  const { clientOrderId, symbol, direction, quantity, price, stopPrice } = terms;
  if (clientOrderId !== undefined) return `${clientId} ${clientOrderId}`;
  if (twinWindowMs === 0) return undefined;
  return JSON.stringify([clientId, symbol, direction, quantity, `${price}`, `${stopPrice}`]);
};

/** Accepts a batch and tells everybody; answers whether every order was placed. */
const placeTogether = async (
  db: Database,
  batch: readonly Entry[],
  inTurn: boolean,
): Promise<boolean> => {
  try {
    const orders = batch.map(({ order }) => order);
    const verdicts = await acceptNamed(db, orders, inTurn);
    batch.forEach((entry, index) => {
      const verdict = verdicts[index];
      if (verdict !== undefined) tell(entry, verdict);
    });
    return verdicts.every(({ verdict }) => verdict === "placed");
  } catch (error) {
    for (const { reject, twins } of batch) {
      reject(error);
      for (const twin of twins) twin.reject(error);
    }
    return true;
  }
};

const NAME_RACES_MAX = 3;

/** Another process may be placing an order of the same name at this moment: the next try finds it. */
const acceptNamed = async (
  db: Database,
  orders: readonly NewOrder[],
  inTurn: boolean,
): Promise<readonly AcceptVerdict[]> => {
  const accept = (): Promise<readonly AcceptVerdict[]> =>
    orders.some(({ waits }) => waits)
      ? db.transaction((tx) => acceptOrders(tx, orders, { inTurn }))
      : acceptOrders(db, orders, { inTurn });
  for (let race = 1; ; race += 1) {
    try {
      return await accept();
    } catch (error) {
      if (race === NAME_RACES_MAX || brokenConstraint(error) !== "order_client_order_id")
        throw error;
    }
  }
};

const tell = ({ resolve, twins }: Entry, verdict: AcceptVerdict): void => {
  resolve(verdict);
  for (const twin of twins)
    twin.resolve(verdict.verdict === "placed" ? { verdict: "duplicate" } : verdict);
};
