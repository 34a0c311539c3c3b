import type { Queue } from "../../layers/queue/sqs.ts";
import type { Database, Executor, Sql } from "../../layers/store/pg/database.ts";

/** Where a process may die: before or after one kind of thing it waits for, the so-many-th time. */
export type DeathPlan = { readonly site: string; readonly occurrence: number };

/** One process, as its ports see it: what it waited for, and whether it is dead. */
export type Life = {
  /** How often each place was passed. */
  readonly visits: ReadonlyMap<string, number>;
  /** Resolves when it dies; a process without a plan lives. */
  readonly death: Promise<"died">;
  readonly isDead: () => boolean;
  readonly database: <Real extends Database>(real: Real) => Real;
  readonly queue: (real: Queue) => Queue;
};

/** Unwinds a dead process's transaction, so that it ends as a lost connection does: rolled back. */
class Died extends Error {}

const never = new Promise<never>(() => {});

/** A dead process hears nothing any more: neither an answer nor an error. */
const mute = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Died) return never;
    throw error;
  }
};

/** A statement by its first words; the same words with another end are another statement. */
const labelOf = ({ text, name }: Sql): string =>
  `${text.replace(/\s+/g, " ").trim().slice(0, 44)} #${name.slice(0, 4)}`;

/**
 * Wraps the two ports through which a process touches the world, so that everything it waits for can be
 * its last. What the world had done by then stays done; what it had not is never asked.
 */
export const createLife = (plan?: DeathPlan): Life => {
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
    isEmpty: (answer: T) => boolean = () => false,
  ): Promise<T> => {
    pass(`before ${name}`);
    const answer = await work();
    pass(`after ${name}${isEmpty(answer) ? " (nothing)" : ""}`);
    return answer;
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
