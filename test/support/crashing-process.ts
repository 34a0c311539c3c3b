import type { Queue } from "../../layers/queue/sqs.ts";
import type { Database, Executor, Sql } from "../../layers/store/pg/database.ts";

/** A point at which a process may die: before or after the n-th wait of one kind. */
export type CrashPlan = { readonly site: string; readonly occurrence: number };

/** A process as its ports see it: what it waited for, and whether it has died. */
export type CrashingProcess = {
  /** How often each point was passed. */
  readonly visits: ReadonlyMap<string, number>;
  /** Resolves when it dies; a process without a plan does not die. */
  readonly death: Promise<"died">;
  readonly isDead: () => boolean;
  readonly database: <Real extends Database>(real: Real) => Real;
  readonly queue: (real: Queue) => Queue;
};

/** Ends a dead process's transaction as a lost connection does, with a rollback. */
class Died extends Error {}

const never = new Promise<never>(() => {});

/** A dead process receives nothing any more: neither a result nor an error. */
const mute = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Died) return never;
    throw error;
  }
};

/**
 * A statement is identified by its first words; statements with the same beginning count as one.
 */
const labelOf = ({ text, name }: Sql): string =>
  `${text.replace(/\s+/g, " ").trim().slice(0, 44)} #${name.slice(0, 4)}`;

/**
 * Wraps the two ports through which a process reaches the world, so that every wait can be its
 * last. What the world had done by then stays done; the rest is never requested.
 */
export const createCrashingProcess = (plan?: CrashPlan): CrashingProcess => {
  const visits = new Map<string, number>();
  let dead = false;
  let die = (_: "died"): void => {};
  const death = new Promise<"died">((resolve) => {
    die = resolve;
  });
  const pass = (site: string): void => {
    if (dead) throw new Died();
    const visit = (visits.get(site) ?? 0) + 1;
    visits.set(site, visit);
    if (plan?.site !== site || plan.occurrence !== visit) return;
    dead = true;
    die("died");
    throw new Died();
  };
  const step = async <T>(
    name: string,
    work: () => Promise<T>,
    isEmpty: (result: T) => boolean = () => false,
  ): Promise<T> => {
    pass(`before ${name}`);
    const result = await work();
    pass(`after ${name}${isEmpty(result) ? " (nothing)" : ""}`);
    return result;
  };
  const executor = (real: Executor, note: (label: string) => void = () => {}): Executor => ({
    query: <Row extends object>(statement: Sql) => {
      note(labelOf(statement));
      return step(
        labelOf(statement),
        () => real.query<Row>(statement),
        ({ rows, count }) => rows.length === 0 && count === 0,
      );
    },
  });
  const database = <Real extends Database>(real: Real): Real => ({
    ...real,
    query: (statement) => mute(() => executor(real).query(statement)),
    transaction: (work) =>
      mute(async () => {
        let last = "nothing";
        const value = await real.transaction(async (tx) => {
          const noting = executor(tx, (label) => {
            last = label;
          });
          const done = await work({ ...noting, inTransaction: true });
          pass(`before commit of ${last}`);
          return done;
        });
        pass(`after commit of ${last}`);
        return value;
      }),
  });
  const queue = (real: Queue): Queue => ({
    ...real,
    send: (messages) => mute(() => step("send", () => real.send(messages))),
    receive: (waitSeconds, signal) =>
      mute(() =>
        step(
          "receive",
          () => real.receive(waitSeconds, signal),
          (messages) => messages.length === 0,
        ),
      ),
    remove: (messages) => mute(() => step("remove", () => real.remove(messages))),
  });
  return { visits, death, isDead: () => dead, database, queue };
};
