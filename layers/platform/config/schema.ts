import { z } from "zod";
import { parseNetwork } from "../networks.ts";

// Each message continues the name of its variable: "BACKLOG_MAX must be a whole number …".

/** The smallest signing secret in bytes: an HMAC key is as long as its hash (RFC 7518 §3.2). */
export const SECRET_BYTES = 32;

/** A signing secret that is long enough. */
export const secret = z
  .string()
  .refine(
    (text) => Buffer.byteLength(text) >= SECRET_BYTES,
    `must have at least ${SECRET_BYTES} bytes`,
  );

/** One to three secrets separated by commas, the newest first. */
export const mailSecrets = z
  .string()
  .transform((text) => text.split(",").map((part) => part.trim()))
  .pipe(z.tuple([secret], secret))
  .refine((secrets) => secrets.length <= 3, "must be at most three secrets");

/** `kid=key` pairs separated by commas; Compose passes an empty text for a variable that is not set. */
const keyPairs = z.string().transform((text, context) => {
  const pairs = (text === "" ? [] : text.split(",")).map((pair) => {
    const [kid = "", ...rest] = pair.split("=");
    return { kid: kid.trim(), text: rest.join("=").trim() };
  });
  if (!pairs.every(({ kid }) => /^[\w-]{1,32}$/.test(kid)))
    context.addIssue("must be kid=key, with a kid of at most 32 letters, digits, _ and -");
  return pairs;
});

/** Networks in CIDR notation, separated by commas. */
export const networks = z.string().transform((text, context) =>
  text
    .split(",")
    .filter((part) => part.trim() !== "")
    .map((part) => {
      const network = parseNetwork(part.trim());
      if (network === undefined)
        context.addIssue(`has ${part}, which is not an address or a network such as 10.0.0.0/8`);
      return network ?? "";
    }),
);

/**
 * What docs/configuration.md says about a variable, and which processes read it. `services` are the HTTP
 * services; `every` is each process with a database.
 */
export const says = (description: string, readBy: string) => ({ description, readBy });

const wholeNumber = (least: number, most: number) => {
  const message = `must be a whole number from ${least} to ${most}`;
  return z.coerce.number(message).int(message).min(least, message).max(most, message);
};

const address = (protocol: RegExp, beginning: string) =>
  z.url({ protocol, error: `must be an address that begins with ${beginning}` });

const webAddress = address(/^https?$/, "http:// or https://");

const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "silent"] as const;

/** The keys of access tokens. */
export const keysSchema = z.object({
  JWT_ALGORITHM: z
    .enum(["HS256", "EdDSA"], "must be HS256 or EdDSA")
    .default("HS256")
    .meta(says("How access tokens are signed: with a shared secret, or with a key pair.", "every")),
  JWT_KEYS: keyPairs
    .default([])
    .meta(
      says(
        "With HS256, required: `kid=secret,…`, each secret at least 32 bytes. The first key signs, every key verifies.",
        "every",
      ),
    ),
  JWT_PUBLIC_KEYS: keyPairs
    .default([])
    .meta(
      says(
        "With EdDSA, required: `kid=key,…`, Ed25519 public keys in base64url. Every key verifies.",
        "every",
      ),
    ),
  JWT_SIGNING_KEY: keyPairs
    .default([])
    .meta(
      says(
        "With EdDSA: `kid=key`, the Ed25519 private key in base64url. Only identity gets it.",
        "identity",
      ),
    ),
});

/** The variables that a process with a database reads. `npm run docs` writes the reference from it. */
export const configSchema = z.object({
  BROKERX_INSTANCE: z
    .string()
    .regex(/^[\w-]{1,40}$/, "must be 1 to 40 letters, digits, _ and -")
    .default("local")
    .meta(says("The name of the process, in `X-Instance`, logs and metrics.", "every")),
  DATABASE_URL: address(/^postgres(ql)?$/, "postgres://").meta(
    says(
      "The connection string of the database. Its user is the database role of this kind of process. A process waits at most 1.7 seconds for a connection (the matcher five), or as many seconds as the parameter `connect_timeout` says, for example `?connect_timeout=5`.",
      "every",
    ),
  ),
  DATABASE_POOL_SIZE: wholeNumber(1, 200)
    .default(10)
    .meta(
      says(
        "The largest number of connections of the process. The matcher may open twice as many.",
        "every",
      ),
    ),
  JWT_TTL_SECONDS: wholeNumber(60, 86_400)
    .default(3_600)
    .meta(says("How long an access token is valid.", "identity")),
  REFRESH_TTL_SECONDS: wholeNumber(60, 31_536_000)
    .default(2_592_000)
    .meta(says("How long a session lasts without a refresh.", "identity")),
  SANDBOX_SETTLEMENT_SECONDS: wholeNumber(0, 86_400)
    .default(5)
    .meta(
      says(
        "The number of seconds from the request for a withdrawal to the decision of the sandbox payment provider.",
        "worker, portfolios",
      ),
    ),
  MAIL_SECRET: mailSecrets.meta(
    says(
      "One secret, or at most three separated by commas, that protect mails, codes and authenticator apps. Each has at least 32 bytes and contains no comma. New data are protected with the first, and data that any of them protects can still be read. All processes need the same value.",
      "every",
    ),
  ),
  MAIL_FROM: z
    .string()
    .default("BrokerX <no-reply@brokerx.local>")
    .meta(says("The sender of mails.", "worker")),
  SMTP_URL: address(/^smtps?$/, "smtp:// or smtps://")
    .default("smtp://127.0.0.1:1025")
    .meta(says("The mail server, with user and password where it asks for them.", "worker")),
  PUBLIC_URL: webAddress
    .default("http://127.0.0.1:3100")
    .meta(
      says(
        "The public address, at which the gateway serves the web page: mailed links begin with it, and the session cookie is accepted only in requests whose `Origin` is this address. Laptop mode and Compose set it. The default is for identity when it runs alone.",
        "identity, admin:create",
      ),
    ),
  SQS_ENDPOINT: webAddress
    .optional()
    .meta(says("The address of another SQS server than the one of AWS.", "matcher")),
  SQS_QUEUE_URL: webAddress
    .regex(/-0\.fifo$/, "must be the address of the queue of shard 0, which ends in -0.fifo")
    .default("http://127.0.0.1:4566/000000000000/commands-0.fifo")
    .meta(
      says(
        "The FIFO queue of shard 0. The address of shard 1 is the same, but ends in `commands-1.fifo` and not in `commands-0.fifo`, and so on.",
        "matcher",
      ),
    ),
  PROCESS_FREEZES: z
    .stringbool("must be true or false")
    .default(false)
    .meta(
      says(
        "`true` when the platform can freeze the process as soon as it has answered, as AWS Lambda does. The deployment on AWS sets it for its Lambda functions.",
        "services",
      ),
    ),
  BACKLOG_MAX: wholeNumber(1, 1_000_000)
    .default(10_000)
    .meta(
      says(
        "How many accepted commands may wait. When more wait, new orders and requests to replace an order get 503. Cancels get 503 at twice as many.",
        "orders",
      ),
    ),
  MAX_WAITS_PER_CLIENT: wholeNumber(0, 100_000)
    .default(50)
    .meta(
      says(
        "How many requests of a client may wait for the outcome of matching at a time, in this process. 0: none waits.",
        "orders",
      ),
    ),
  MAX_SNAPSHOTS_PER_CLIENT: wholeNumber(1, 100_000)
    .default(20)
    .meta(
      says(
        "How many requests of a client may read an order book at a time, in this process.",
        "orders, feed",
      ),
    ),
  MAX_REPORTS_PER_CLIENT: wholeNumber(1, 100_000)
    .default(2)
    .meta(
      says(
        "How many reports of a client may be in progress at a time, in this process.",
        "reporting",
      ),
    ),
  AWS_REGION: z
    .string()
    .default("us-east-1")
    .meta(says("The region of the queues.", "services, matcher")),
  EDGE_SECRET: secret
    .optional()
    .meta(
      says(
        "The secret that CloudFront sends in the header `X-BrokerX-Edge`. In a request with this secret, the client's address is taken from `X-Forwarded-For`.",
        "services, market-feed",
      ),
    ),
  TRUSTED_PROXIES: networks
    .default(["127.0.0.0/8", "::1/128"])
    .meta(
      says(
        "Addresses, or networks in CIDR notation, whose `X-Forwarded-For` is believed.",
        "services",
      ),
    ),
  BROKERX_PORT_OFFSET: wholeNumber(0, 50_000)
    .default(0)
    .meta(says("A number that laptop mode adds to every port.", "launcher, identity")),
  LISTEN_HOST: z
    .union([z.ipv4(), z.ipv6()], "must be an IP address")
    .default("127.0.0.1")
    .meta(says("The address to listen on.", "matcher, feed, reporting, web")),
  MATCHER_PORT: wholeNumber(0, 65_535)
    .default(3_106)
    .meta(says("The port of health and metrics.", "matcher")),
  REPORTING_PORT: wholeNumber(0, 65_535).default(3_104).meta(says("The port.", "reporting")),
  FEED_PORT: wholeNumber(0, 65_535).default(3_105).meta(says("The port.", "feed")),
  FEED_MAX_CONNECTIONS: wholeNumber(1, 100_000)
    .default(5_000)
    .meta(says("The largest number of sockets of the process.", "feed")),
  FEED_MAX_CONNECTIONS_PER_CLIENT: wholeNumber(1, 100_000)
    .default(20)
    .meta(says("The largest number of sockets of a client.", "feed")),
  FEED_ORIGINS: z
    .string()
    .default("")
    .transform((text) => text.split(",").filter((origin) => origin !== ""))
    .meta(says("Web origins that may open sockets, separated by commas. Empty: all.", "feed")),
  FEED_CONNECTIONS_URL: webAddress
    .optional()
    .meta(says("The WebSocket API of AWS that holds the sockets.", "feed in the cloud")),
  LOG_LEVEL: z
    .enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(", ")}`)
    .default("info")
    .meta(says("The least severe messages that are logged.", "every")),
});

/**
 * OpenTelemetry's own variable names. An empty address counts as unset, because Compose passes
 * unset variables as empty.
 */
export const tracingSchema = z.object({
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .union(
      [z.literal("").transform(() => undefined), webAddress],
      "must be an address that begins with http:// or https://",
    )
    .optional()
    .meta(
      says("The trace collector (OTLP over HTTP). Empty: nothing is traced.", "every, gateway"),
    ),
  OTEL_TRACES_SAMPLER_ARG: z.coerce
    .number("must be a number from 0 to 1")
    .min(0, "must be a number from 0 to 1")
    .max(1, "must be a number from 0 to 1")
    .default(1)
    .meta(says("The share of requests that is traced.", "every, gateway")),
  OTEL_BSP_SCHEDULE_DELAY: wholeNumber(10, 60_000)
    .default(5_000)
    .meta(says("Milliseconds between two exports.", "every, gateway")),
});
