import pg from "pg";
import { Unavailable } from "../../platform/unavailable.ts";

/** How long an answer may take before somebody asks whether the database still answers at all. */
const PATIENCE_MS = 1_000;
const PROBE_MS = 700;

/** Waits for an answer for as long as the database answers anybody; else throws Unavailable. */
export type Guard = <T>(answer: Promise<T>) => Promise<T>;

/**
 * Tells a statement that takes long, or waits for a lock, from a database that has fallen silent: a
 * socket to a machine that is gone says nothing for minutes. Asks over a new connection, once for all
 * who wait.
 */
export const guardAgainstSilence = (url: string): Guard => {
  let probe: Promise<boolean> | undefined;
  const answers = (): Promise<boolean> => {
    probe ??= connects(url).finally(() => {
      probe = undefined;
    });
    return probe;
  };
  return async (answer) => {
    let timer: NodeJS.Timeout | undefined;
    let waiting = true;
    const silence = new Promise<never>((_resolve, reject) => {
      const look = (): void => {
        timer = setTimeout(async () => {
          if (await answers()) {
            if (waiting) look();
          } else reject(new Unavailable("the database has fallen silent"));
        }, PATIENCE_MS);
      };
      look();
    });
    try {
      return await Promise.race([answer, silence]);
    } finally {
      waiting = false;
      clearTimeout(timer);
    }
  };
};

const connects = async (url: string): Promise<boolean> => {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: PROBE_MS });
  client.on("error", () => {});
  try {
    await client.connect();
    return true;
  } catch (error) {
    // "Too many connections" is an answer, too.
    return error instanceof pg.DatabaseError;
  } finally {
    client.end().catch(() => {});
  }
};
