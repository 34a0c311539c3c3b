import pg from "pg";
import { Unavailable } from "../../platform/unavailable.ts";
import { connectTimeoutMs } from "./connect-timeout.ts";

/**
 * How long a statement may take before a second connection checks that the database still answers.
 */
const PATIENCE_MS = 1_000;
/**
 * A time-out that is noticed so much too late says nothing about the database: this process was
 * busy meanwhile, and may not have read the answer. The next probe will tell.
 */
const LATE_MS = 100;

/** Waits for a result as long as the database answers at all; otherwise throws Unavailable. */
export type Guard = <T>(result: Promise<T>) => Promise<T>;

/**
 * Tells a statement that is slow, or waits for a lock, from a database that no longer answers: a
 * socket to a dead machine reports nothing for minutes. Asks over a new connection, once for all
 * waiting statements, and waits `probeMs` for that connection.
 */
export const guardAgainstSilence = (url: string, probeMs: number): Guard => {
  let probe: Promise<boolean> | undefined;
  const answers = (): Promise<boolean> => {
    probe ??= connects(url, connectTimeoutMs(url, probeMs)).finally(() => {
      probe = undefined;
    });
    return probe;
  };
  return async (result) => {
    let timer: NodeJS.Timeout | undefined;
    let waiting = true;
    const silence = new Promise<never>((_resolve, reject) => {
      const look = (): void => {
        timer = setTimeout(async () => {
          if (await answers()) {
            if (waiting) look();
          } else reject(new Unavailable("the database no longer answers"));
        }, PATIENCE_MS);
      };
      look();
    });
    try {
      return await Promise.race([result, silence]);
    } finally {
      waiting = false;
      clearTimeout(timer);
    }
  };
};

const connects = async (url: string, connectionTimeoutMillis: number): Promise<boolean> => {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis });
  client.on("error", () => {});
  const begun = performance.now();
  try {
    await client.connect();
    return true;
  } catch (error) {
    // "Too many connections" is an answer too.
    if (error instanceof pg.DatabaseError) return true;
    return performance.now() - begun > connectionTimeoutMillis + LATE_MS;
  } finally {
    client.end().catch(() => {});
  }
};
