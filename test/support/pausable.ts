import type { Database, Executor, Sql, Transaction } from "../../layers/store/pg/database.ts";

/** A database whose client can be paused, as by SIGSTOP: until it is resumed it sends nothing. */
type Pausable = {
  readonly database: Database;
  /** Pauses the client when it next begins to settle, or uses a transaction. */
  readonly pause: () => void;
  readonly resume: () => void;
  /**
   * Settling statements, transactions, and statements within a transaction that the pause has
   * stopped.
   */
  readonly stopped: () => number;
};

const settles = ({ text }: Sql): boolean => text.includes("trading.settle(");

export const pausable = (real: Database): Pausable => {
  let gate: Promise<void> | undefined;
  let open = (): void => {};
  let stopped = 0;
  let isDue = false;
  const close = (): void => {
    isDue = false;
    gate = new Promise((resolve) => {
      open = resolve;
    });
  };
  const passing = async (counts: boolean): Promise<void> => {
    if (isDue && counts) close();
    if (gate === undefined) return;
    if (counts) stopped += 1;
    await gate;
  };
  const guarded = (executor: Executor, counts: (statement: Sql) => boolean): Executor => ({
    query: async (statement) => {
      await passing(counts(statement));
      const result = await executor.query<never>(statement);
      await passing(false);
      return result;
    },
  });
  const database: Database = {
    ...guarded(real, settles),
    end: real.end,
    transaction: async (work) => {
      await passing(true);
      const value = await real.transaction(async (tx: Transaction) =>
        work({ ...guarded(tx, () => true), inTransaction: true }),
      );
      await passing(false);
      return value;
    },
  };
  return {
    database,
    pause: () => {
      stopped = 0;
      isDue = true;
    },
    resume: () => {
      isDue = false;
      gate = undefined;
      open();
    },
    stopped: () => stopped,
  };
};
