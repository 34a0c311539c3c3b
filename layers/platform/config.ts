import { z } from "zod";
import { ed25519KeyRing, hmacKeyRing, type KeyRing } from "./credentials/key-ring.ts";
import { parseNetwork } from "./networks.ts";

/** The smallest signing secret in bytes: an HMAC key is as long as its hash (RFC 7518 §3.2). */
const SECRET_BYTES = 32;

const secret = z
  .string()
  .refine(
    (text) => Buffer.byteLength(text) >= SECRET_BYTES,
    `needs at least ${SECRET_BYTES} bytes`,
  );

/** `kid=key` pairs separated by commas; Compose passes an empty text for a variable that is not set. */
const keyPairs = z.string().transform((text, context) => {
  const pairs = (text === "" ? [] : text.split(",")).map((pair) => {
    const [kid = "", ...rest] = pair.split("=");
    return { kid: kid.trim(), text: rest.join("=").trim() };
  });
  if (!pairs.every(({ kid }) => /^[\w-]{1,32}$/.test(kid)))
    context.addIssue("each key is kid=key, with a kid of at most 32 letters, digits, _ and -");
  return pairs;
});

const keysSchema = z.object({
  JWT_ALGORITHM: z.enum(["HS256", "EdDSA"]).default("HS256"),
  JWT_KEYS: keyPairs.default([]),
  JWT_PUBLIC_KEYS: keyPairs.default([]),
  JWT_SIGNING_KEY: keyPairs.default([]),
});

/** Networks in CIDR notation, separated by commas. */
const networks = z.string().transform((text, context) =>
  text
    .split(",")
    .filter((part) => part.trim() !== "")
    .map((part) => {
      const network = parseNetwork(part.trim());
      if (network === undefined) context.addIssue(`${part} is not a network such as 10.0.0.0/8`);
      return network ?? "";
    }),
);

const schema = z.object({
  BROKERX_INSTANCE: z
    .string()
    .regex(/^[\w-]{1,40}$/)
    .default("local"),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  DATABASE_POOL_SIZE: z.coerce.number().int().min(1).max(200).default(10),
  JWT_TTL_SECONDS: z.coerce.number().int().min(60).max(86_400).default(3_600),
  REFRESH_TTL_SECONDS: z.coerce.number().int().min(60).max(31_536_000).default(2_592_000),
  SANDBOX_SETTLEMENT_SECONDS: z.coerce.number().int().min(0).max(86_400).default(5),
  MAIL_SECRET: secret,
  MAIL_FROM: z.string().default("BrokerX <no-reply@brokerx.local>"),
  SMTP_URL: z.url({ protocol: /^smtps?$/ }).default("smtp://127.0.0.1:1025"),
  PUBLIC_URL: z.url().default("http://127.0.0.1:3100"),
  SQS_ENDPOINT: z.url().optional(),
  SQS_QUEUE_URL: z
    .url()
    .regex(/-0\.fifo$/, "is the queue of shard 0 and ends in -0.fifo")
    .default("http://127.0.0.1:4566/000000000000/commands-0.fifo"),
  BACKLOG_MAX: z.coerce.number().int().min(1).max(1_000_000).default(10_000),
  MAX_WAITS_PER_CLIENT: z.coerce.number().int().min(0).max(100_000).default(50),
  MAX_SNAPSHOTS_PER_CLIENT: z.coerce.number().int().min(1).max(100_000).default(20),
  AWS_REGION: z.string().default("us-east-1"),
  TRUSTED_PROXIES: networks.default(["127.0.0.0/8", "::1/128"]),
  BROKERX_PORT_OFFSET: z.coerce.number().int().min(0).max(50_000).default(0),
  LISTEN_HOST: z.union([z.ipv4(), z.ipv6()]).default("127.0.0.1"),
  MATCHER_PORT: z.coerce.number().int().min(0).max(65_535).default(3_106),
  REPORTING_PORT: z.coerce.number().int().min(0).max(65_535).default(3_104),
  FEED_PORT: z.coerce.number().int().min(0).max(65_535).default(3_105),
  FEED_MAX_CONNECTIONS: z.coerce.number().int().min(1).max(100_000).default(5_000),
  FEED_MAX_CONNECTIONS_PER_CLIENT: z.coerce.number().int().min(1).max(100_000).default(20),
  FEED_ORIGINS: z
    .string()
    .default("")
    .transform((text) => text.split(",").filter((origin) => origin !== "")),
  FEED_CONNECTIONS_URL: z.url({ protocol: /^https?$/ }).optional(),
  LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error", "silent"]).default("info"),
});

/**
 * OpenTelemetry's own variable names. An empty address counts as unset, because Compose passes
 * unset variables as empty.
 */
const tracingSchema = z.object({
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .union([z.literal("").transform(() => undefined), z.url({ protocol: /^https?$/ })])
    .optional(),
  OTEL_TRACES_SAMPLER_ARG: z.coerce.number().min(0).max(1).default(1),
  OTEL_BSP_SCHEDULE_DELAY: z.coerce.number().int().min(10).max(60_000).default(5_000),
});

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
  readonly mailSecret: string;
  readonly mailFrom: string;
  readonly smtpUrl: string;
  readonly publicUrl: string;
  readonly sqsEndpoint: string | undefined;
  /** The queue of shard 0; the queues of other shards differ by their number. */
  readonly sqsQueueUrl: string;
  /**
   * The number of accepted and unsettled commands at which new orders are refused; cancels are
   * refused at twice this number.
   */
  readonly backlogMax: number;
  /** Requests of one client that may wait for the outcome of matching at a time, in this process. */
  readonly maxWaitsPerClient: number;
  /** Requests of one client that may read a book at a time, in this process. */
  readonly maxSnapshotsPerClient: number;
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
  const data = parse(schema, env);
  return {
    instance: data.BROKERX_INSTANCE,
    databaseUrl: data.DATABASE_URL,
    databasePoolSize: data.DATABASE_POOL_SIZE,
    jwtKeys: loadKeyRing(env),
    jwtTtlSeconds: data.JWT_TTL_SECONDS,
    refreshTtlSeconds: data.REFRESH_TTL_SECONDS,
    sandboxSettlementSeconds: data.SANDBOX_SETTLEMENT_SECONDS,
    trustedProxies: data.TRUSTED_PROXIES,
    mailSecret: data.MAIL_SECRET,
    mailFrom: data.MAIL_FROM,
    smtpUrl: data.SMTP_URL,
    publicUrl: data.PUBLIC_URL,
    sqsEndpoint: data.SQS_ENDPOINT,
    sqsQueueUrl: data.SQS_QUEUE_URL,
    backlogMax: data.BACKLOG_MAX,
    maxWaitsPerClient: data.MAX_WAITS_PER_CLIENT,
    maxSnapshotsPerClient: data.MAX_SNAPSHOTS_PER_CLIENT,
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
  const data = parse(keysSchema, env);
  if (data.JWT_ALGORITHM === "HS256") {
    const keys = data.JWT_KEYS.map(({ kid, text }) => ({ kid, secret: text }));
    if (keys.length === 0 || !keys.every((key) => secret.safeParse(key.secret).success))
      throw unusable(`JWT_KEYS: each key is kid=secret with at least ${SECRET_BYTES} bytes`);
    return hmacKeyRing(keys);
  }
  const [signingKey, ...more] = data.JWT_SIGNING_KEY;
  if (more.length > 0) throw unusable("JWT_SIGNING_KEY: there is one key that signs");
  try {
    return ed25519KeyRing({ publicKeys: data.JWT_PUBLIC_KEYS, signingKey });
  } catch (error) {
    throw unusable(`JWT_PUBLIC_KEYS, JWT_SIGNING_KEY: ${error instanceof Error && error.message}`);
  }
};

const unusable = (fault: string): Error => new Error(`The configuration is not usable. ${fault}`);

/** The part that a process without a database reads too; undefined without a collector. */
export const loadTracing = (
  env: Readonly<Record<string, string | undefined>>,
): TracingConfig | undefined => {
  const data = parse(tracingSchema, env);
  const endpoint = data.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (endpoint === undefined) return undefined;
  return {
    url: `${endpoint.replace(/\/+$/, "")}/v1/traces`,
    ratio: data.OTEL_TRACES_SAMPLER_ARG,
    delayMs: data.OTEL_BSP_SCHEDULE_DELAY,
  };
};

const parse = <Schema extends z.ZodType>(
  wanted: Schema,
  env: Readonly<Record<string, string | undefined>>,
): z.output<Schema> => {
  const parsed = wanted.safeParse(env);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  throw unusable(faults.join("; "));
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
