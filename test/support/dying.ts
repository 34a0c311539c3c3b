import type { Database } from "../../layers/store/pg/database.ts";

/** A database as it is seen by a process that dies at its n-th statement. */
export const dyingAt = (database: Database, n: number): Database => {
  let left = n;
  const step = (): void => {
    left -= 1;
    if (left < 0) throw new Error("the process has died");
  };
  return {
    ...database,
    query: async (statement) => {
      step();
      return database.query(statement);
    },
    transaction: (work) =>
      database.transaction((tx) =>
        work({
          ...tx,
          query: async (statement) => {
            step();
            return tx.query(statement);
          },
        }),
      ),
  };
};
