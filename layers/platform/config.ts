import type { z } from "zod";
import { configSchema, keysSchema, SECRET_BYTES, secret, tracingSchema } from "./config/schema.ts";
import { ed25519KeyRing, hmacKeyRing, type KeyRing } from "./credentials/key-ring.ts";

/**
 * The address for spans, the share of requests that is traced, and how long spans are collected.
 */
export type TracingConfig = {
  readonly url: string;
  readonly ratio: number;
  readonly delayMs: number;
};

export type Config = {
  readonly instance: string;
  readonly databaseUrl: string;
  readonly databasePoolSize: number;
  readonly jwtKeys: KeyRing;
  readonly jwtTtlSeconds: number;
  /** How long a session lasts without a refresh. */
  readonly refreshTtlSeconds: number;
  /** After how many seconds the sandbox payment provider decides. */
  readonly sandboxSettlementSeconds: number;
  /** Networks whose `X-Forwarded-For` header is trusted, in CIDR notation. */
  readonly trustedProxies: readonly string[];
  /** With it a content delivery network proves that a request came through it. */
  readonly edgeSecret: string | undefined;
  /** The newest first: it protects new mails and codes, every one is accepted. */
  readonly mailSecrets: readonly [string, ...string[]];
  readonly mailFrom: string;
  readonly smtpUrl: string;
  readonly publicUrl: string;
  readonly sqsEndpoint: string | undefined;
  /**
   * The queue of shard 0; the queues of other shards differ by their number. Undefined when the
   * process cannot reach the queues.
   */
  readonly sqsQueueUrl: string;
  /** Whether the process may be frozen as soon as it has answered, as Lambda does. */
  readonly freezes: boolean;
  /**
   * The number of accepted and unsettled commands at which new orders are refused; cancels are
   * refused at twice this number.
   */
  readonly backlogMax: number;
  /** Requests of one client that may wait for the outcome of matching at a time, in this process. */
  readonly maxWaitsPerClient: number;
  /** Requests of one client that may read a book at a time, in this process. */
  readonly maxSnapshotsPerClient: number;
  /** Reports of one client that may be in progress at a time, in this process. */
  readonly maxReportsPerClient: number;
  readonly awsRegion: string;
  /** What laptop mode adds to every port, so that the API document has the right ports. */
  readonly portOffset: number;
  /** The address to listen on: loopback, unless the process has a network of its own. */
  readonly listenHost: string;
  readonly matcherPort: number;
  readonly reportingPort: number;
  readonly feedPort: number;
  readonly feedMaxConnections: number;
  readonly feedMaxConnectionsPerClient: number;
  /**
   * Web origins that may open sockets; empty: all. Clients are identified by tokens, not by
   * cookies.
   */
  readonly feedOrigins: readonly string[];
  /** The WebSocket API that holds the sockets in the cloud. */
  readonly feedConnectionsUrl: string | undefined;
  readonly logLevel: string;
  /** Undefined: no traces. */
  readonly tracing: TracingConfig | undefined;
};

/** Reads the whole configuration once; throws one message that names each bad variable. */
export const loadConfig = (
  env: Readonly<Record<string, string | undefined>> = process.env,
): Config => {
  const data = parseVariables(configSchema, env);
  return {
    instance: data.BROKERX_INSTANCE,
    databaseUrl: data.DATABASE_URL,
    databasePoolSize: data.DATABASE_POOL_SIZE,
    jwtKeys: loadKeyRing(env),
    jwtTtlSeconds: data.JWT_TTL_SECONDS,
    refreshTtlSeconds: data.REFRESH_TTL_SECONDS,
    sandboxSettlementSeconds: data.SANDBOX_SETTLEMENT_SECONDS,
    trustedProxies: data.TRUSTED_PROXIES,
    edgeSecret: data.EDGE_SECRET,
    mailSecrets: data.MAIL_SECRET,
    mailFrom: data.MAIL_FROM,
    smtpUrl: data.SMTP_URL,
    publicUrl: data.PUBLIC_URL,
    sqsEndpoint: data.SQS_ENDPOINT,
    sqsQueueUrl: data.SQS_QUEUE_URL,
    freezes: data.PROCESS_FREEZES,
    backlogMax: data.BACKLOG_MAX,
    maxWaitsPerClient: data.MAX_WAITS_PER_CLIENT,
    maxSnapshotsPerClient: data.MAX_SNAPSHOTS_PER_CLIENT,
    maxReportsPerClient: data.MAX_REPORTS_PER_CLIENT,
    awsRegion: data.AWS_REGION,
    portOffset: data.BROKERX_PORT_OFFSET,
    listenHost: data.LISTEN_HOST,
    matcherPort: data.MATCHER_PORT,
    reportingPort: data.REPORTING_PORT,
    feedPort: data.FEED_PORT,
    feedMaxConnections: data.FEED_MAX_CONNECTIONS,
    feedMaxConnectionsPerClient: data.FEED_MAX_CONNECTIONS_PER_CLIENT,
    feedOrigins: data.FEED_ORIGINS,
    feedConnectionsUrl: data.FEED_CONNECTIONS_URL,
    logLevel: data.LOG_LEVEL,
    tracing: loadTracing(env),
  };
};

/** The keys of access tokens; throws a sentence that names the variable that is missing or wrong. */
export const loadKeyRing = (env: Readonly<Record<string, string | undefined>>): KeyRing => {
  const data = parseVariables(keysSchema, env);
  if (data.JWT_ALGORITHM === "HS256") {
    const keys = data.JWT_KEYS.map(({ kid, text }) => ({ kid, secret: text }));
    if (keys.length === 0 || !keys.every((key) => secret.safeParse(key.secret).success))
      throw unusable([
        `JWT_KEYS must be kid=secret, with at least ${SECRET_BYTES} bytes in each secret`,
      ]);
    return hmacKeyRing(keys);
  }
  const [signingKey, ...more] = data.JWT_SIGNING_KEY;
  if (more.length > 0) throw unusable(["JWT_SIGNING_KEY must be the one key that signs"]);
  try {
    return ed25519KeyRing({ publicKeys: data.JWT_PUBLIC_KEYS, signingKey });
  } catch (error) {
    throw unusable([
      `JWT_PUBLIC_KEYS, JWT_SIGNING_KEY: ${error instanceof Error && error.message}`,
    ]);
  }
};

const unusable = (faults: readonly string[]): Error =>
  new Error(`The configuration is not usable. ${faults.join(". ")}.`);

/** The part that a process without a database reads too; undefined without a collector. */
export const loadTracing = (
  env: Readonly<Record<string, string | undefined>>,
): TracingConfig | undefined => {
  const data = parseVariables(tracingSchema, env);
  const endpoint = data.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (endpoint === undefined) return undefined;
  return {
    url: `${endpoint.replace(/\/+$/, "")}/v1/traces`,
    ratio: data.OTEL_TRACES_SAMPLER_ARG,
    delayMs: data.OTEL_BSP_SCHEDULE_DELAY,
  };
};

/** Reads variables by their schema; throws one message that names each bad variable. */
export const parseVariables = <Schema extends z.ZodType>(
  wanted: Schema,
  env: Readonly<Record<string, string | undefined>>,
): z.output<Schema> => {
  const parsed = wanted.safeParse(env);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => {
    const name = String(path[0]);
    return `${name} ${env[name] === undefined ? "is missing" : message}`;
  });
  throw unusable([...new Set(faults)]);
};

/**
 * Runs the work with these environment variables and restores the old values: for a library that
 * reads its settings from the environment when it is loaded.
 */
export const withEnvironment = <T>(
  variables: Readonly<Record<string, string>>,
  work: () => T,
): T => {
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, variables);
  try {
    return work();
  } finally {
    for (const [name, value] of before)
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
  }
};
