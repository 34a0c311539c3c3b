/** Bounds how much of a kind of work one client may have under way in this process. */
export type ClientCap = {
  /** Runs the work; at the bound it runs `atBound` instead. */
  readonly run: <T>(
    client: string,
    work: () => Promise<T>,
    atBound: () => Promise<T>,
  ) => Promise<T>;
};

/** Limits the concurrent work of each client. Clients without work in progress take no memory. */
export const createClientCap = (max: number): ClientCap => {
  const underWay = new Map<string, number>();
  return {
    run: async (client, work, atBound) => {
      const before = underWay.get(client) ?? 0;
      if (before >= max) return atBound();
      underWay.set(client, before + 1);
      try {
        return await work();
      } finally {
        const left = (underWay.get(client) ?? 1) - 1;
        if (left === 0) underWay.delete(client);
        else underWay.set(client, left);
      }
    },
  };
};
