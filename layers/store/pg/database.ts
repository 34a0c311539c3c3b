import { createHash } from "node:crypto";
import pg from "pg";
import { Unavailable } from "../../platform/unavailable.ts";
import { Composites } from "./composites.ts";
import { connectTimeoutMs } from "./connect-timeout.ts";
import { type Guard, guardAgainstSilence } from "./silence.ts";

/**
 * A statement with `$n` placeholders, and the name under which each connection prepares it once.
 */
export type Sql = {
  readonly name: string;
  readonly text: string;
  readonly values: readonly unknown[];
};

/** The result of a statement: its rows, and how many rows it affected. */
export type Result<Row> = { readonly rows: readonly Row[]; readonly count: number };

/** What store functions send statements to: the pool, or one transaction. */
export type Executor = {
  readonly query: <Row extends object>(statement: Sql) => Promise<Result<Row>>;
};

/** An executor inside BEGIN … COMMIT; store functions that lock rows require it. */
export type Transaction = Executor & { readonly inTransaction: true };

export type Database = Executor & {
  /**
   * Runs the work in one transaction. Like a single statement, it is repeated as a whole after a
   * deadlock.
   */
  readonly transaction: <T>(work: (tx: Transaction) => Promise<T>) => Promise<T>;
  readonly end: () => Promise<void>;
};

// Counters and money are 64-bit integers: a float would round them.
pg.types.setTypeParser(pg.types.builtins.INT8, BigInt);

const shapes = new WeakMap<
  TemplateStringsArray,
  { readonly name: string; readonly text: string }
>();

/** A constant piece of SQL, such as a list of columns that several statements share. */
export class Fragment {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/**
 * Marks a constant piece of SQL for use inside `sql`. It may contain other pieces, but no values.
 */
export const fragment = (strings: TemplateStringsArray, ...pieces: readonly Fragment[]): Fragment =>
  new Fragment(
    strings.reduce((left, right, index) => left + (pieces[index - 1]?.text ?? "") + right),
  );

/** The same from a text that was composed of constants when the module was loaded. */
export const constantSql = (text: string): Fragment => new Fragment(text);

const shapeOf = (text: string) => ({
  name: createHash("sha1").update(text).digest("hex").slice(0, 32),
  text,
});

/** A statement whose text was composed of constants when the module was loaded; values are `$n`. */
export const constantStatement = (text: string): ((...values: readonly unknown[]) => Sql) => {
  const shape = shapeOf(text);
  return (...values) => ({ ...shape, values });
};

/** Turns `${value}` into `$n`: a value can never become part of the statement. */
export const sql = (strings: TemplateStringsArray, ...parts: readonly unknown[]): Sql => {
  let shape = shapes.get(strings);
  if (shape === undefined) {
    let count = 0;
    const text = strings.reduce((left, right, index) => {
      const part = parts[index - 1];
      return part instanceof Fragment ? left + part.text + right : `${left}$${++count}${right}`;
    });
    shape = shapeOf(text);
    shapes.set(strings, shape);
  }
  return { ...shape, values: parts.filter((part) => !(part instanceof Fragment)) };
};

const RETRIED = new Set(["40001", "40P01", "55P03"]);
const ATTEMPTS = 3;
/**
 * On a busy machine a new connection can take longer than a second. A request that waits in vain is
 * still answered within the promised two seconds.
 */
const POOL_WAIT_MS = 1_700;
const PROBE_MS = 700;
/** Idle connections stay open: a new one costs ten milliseconds and plans every statement again. */
const KEPT_CONNECTIONS = 4;
const STATEMENT_TIMEOUT_MS = 5_000;
/**
 * A process that pauses in a transaction loses it, so that its locks block other processes only
 * briefly.
 */
const PAUSE_TIMEOUT_MS = 2_000;
/** A connection that was not used for so long is checked before it is used again. */
const CHECKED_AFTER_MS = 5_000;
const CHECK = { text: "select 1", query_timeout: 1_000 };
/**
 * A server that has not even reported a time-out by so much later is considered dead, even when the
 * socket is still open.
 */
const SILENCE_MS = 2_000;

/** SQLSTATE of a database error, or undefined when the error is something else. */
export const sqlState = (error: unknown): string | undefined =>
  error instanceof pg.DatabaseError ? error.code : undefined;

/**
 * Errors by which PostgreSQL says that it is shutting down, starting or full (classes 57P, 53 and
 * 08), that a statement took too long (57014), that a transaction was idle too long (25P03), that it
 * accepts no connections (55000), or that the password is wrong (28P01): it has been changed, and this
 * process is about to be replaced.
 */
const isOutage = (error: unknown): boolean => {
  const state = sqlState(error);
  if (state !== undefined) return /^(57P|53|08|57014|55000|25P0[34]|28P01)/.test(state);
  return error instanceof Error && !(error instanceof TypeError) && isConnectionFault(error);
};

const CONNECTION_FAULT =
  /ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|terminated|timeout exceeded|read timeout|Connection ended|not queryable/;

const isConnectionFault = (error: Error): boolean =>
  CONNECTION_FAULT.test(`${"code" in error ? error.code : ""} ${error.message}`);

const translate = (error: unknown): unknown =>
  isOutage(error) ? new Unavailable("the database did not answer", { cause: error }) : error;

type Client = Pick<pg.ClientBase, "query">;

/** What the connections of one pool share; `typeOids` are those of composite types, once they are known. */
type Shared = { readonly guard: Guard; readonly typeOids: Map<string, number> };

const findTypeOid = async (client: Client, type: string): Promise<number> => {
  const { rows } = await client.query<{ readonly oid: number }>("select $1::regtype::oid as oid", [
    type,
  ]);
  return rows[0]?.oid ?? 0;
};

/** The values in the form that the driver sends. */
const encoded = async (
  client: Client,
  typeOids: Map<string, number>,
  values: readonly unknown[],
): Promise<unknown[]> => {
  const parameters: unknown[] = [];
  for (const value of values) {
    if (value instanceof Composites) {
      const oid = typeOids.get(value.type) ?? (await findTypeOid(client, value.type));
      typeOids.set(value.type, oid);
      parameters.push(value.encode(oid));
    } else parameters.push(value);
  }
  return parameters;
};

const executor = (client: Client, { guard, typeOids }: Shared): Executor => ({
  query: async <Row extends object>(statement: Sql) => {
    try {
      const values = statement.values.some((value) => value instanceof Composites)
        ? await encoded(client, typeOids, statement.values)
        : [...statement.values];
      const asked = client.query<Row>({ ...statement, values });
      const result = await guard(asked);
      return { rows: result.rows, count: result.rowCount ?? 0 };
    } catch (error) {
      throw translate(error);
    }
  },
});

const runOnce = async <T>(
  pool: pg.Pool,
  shared: Shared,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> => {
  const client = await pool.connect().catch((error: unknown) => {
    throw translate(error);
  });
  let broken: Error | undefined;
  // A connection can break between two statements, when no query can report it.
  const onError = (error: Error): void => {
    broken = error;
  };
  client.on("error", onError);
  try {
    // Not awaited: it is sent with the first statement, which fails too when it fails.
    client.query("begin").catch(() => {});
    const value = await work({ ...executor(client, shared), inTransaction: true });
    await shared.guard(client.query("commit"));
    return value;
  } catch (error) {
    // When the connection is broken, a rollback is neither possible nor needed.
    if (error instanceof Unavailable) broken = error;
    else
      await client.query("rollback").catch((fault: Error) => {
        broken = fault;
      });
    throw translate(error);
  } finally {
    client.off("error", onError);
    client.release(broken);
  }
};

const pause = (attempt: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, 5 * attempt + Math.random() * 20));

/**
 * Checks the idle connections before the first statement after a pause, and drops those that are dead. A
 * Lambda function that was frozen has not seen that the server closed them. The pause is measured by
 * the wall clock, which continues meanwhile.
 */
const checkAfterPause = (pool: pg.Pool): (() => Promise<unknown> | undefined) => {
  let usedAt = Date.now();
  let checking: Promise<unknown> | undefined;
  return () => {
    const now = Date.now();
    const paused = Math.abs(now - usedAt) > CHECKED_AFTER_MS;
    usedAt = now;
    if (paused)
      checking ??= Promise.all(Array.from({ length: pool.idleCount }, () => check(pool))).finally(
        () => {
          checking = undefined;
        },
      );
    return checking;
  };
};

/** Asks over an idle connection; one that does not answer is not used again. */
const check = async (pool: pg.Pool): Promise<void> => {
  const client = await pool.connect().catch(() => undefined);
  if (client === undefined) return; // the statement that follows reports it
  const dead = await client
    .query(CHECK)
    .then(() => undefined)
    .catch((error: Error) => error);
  client.release(dead);
};

/** Opens the pool. The wait for a connection is limited, and every statement has a deadline. */
export const openDatabase = (options: {
  readonly url: string;
  readonly poolSize: number;
  readonly applicationName: string;
  /** How long a statement may take: five seconds by default. */
  readonly statementTimeoutMs?: number;
  /** How long to wait for a connection: by default 1.7 s, or 700 ms to check a silent database. */
  readonly connectTimeoutMs?: number;
  readonly onIdleError?: (error: Error) => void;
}): Database => {
  const { statementTimeoutMs = STATEMENT_TIMEOUT_MS } = options;
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.poolSize,
    min: Math.min(KEPT_CONNECTIONS, options.poolSize),
    application_name: options.applicationName,
    connectionTimeoutMillis: connectTimeoutMs(
      options.url,
      options.connectTimeoutMs ?? POOL_WAIT_MS,
    ),
    pipeline: true,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + SILENCE_MS,
    idle_in_transaction_session_timeout: PAUSE_TIMEOUT_MS,
    keepAlive: true,
  });
  pool.on("error", options.onIdleError ?? (() => {}));
  const guard = guardAgainstSilence(options.url, options.connectTimeoutMs ?? PROBE_MS);
  const shared = { guard, typeOids: new Map() };
  const { query } = executor(pool, shared);
  const checked = checkAfterPause(pool);
  return {
    query: async (statement) => {
      await checked();
      return repeated(() => query(statement));
    },
    transaction: async (work) => {
      await checked();
      return repeated(() => runOnce(pool, shared, work));
    },
    end: () => pool.end(),
  };
};

/** Repeats a transaction, or a single statement, that lost against another transaction. */
const repeated = async <T>(work: () => Promise<T>): Promise<T> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt >= ATTEMPTS || !RETRIED.has(sqlState(error) ?? "")) throw error;
      await pause(attempt);
    }
  }
};
