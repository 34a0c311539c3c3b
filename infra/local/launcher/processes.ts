import { join } from "node:path";
import { publicKeyText } from "../../../layers/platform/credentials/key-ring.ts";
import { DEMO_ADMIN, DEMO_CLIENTS, DEMO_PASSWORD } from "../../postgres/demo.ts";
import { ROLES, type Role } from "../../postgres/roles.ts";
import type { Market } from "../../simulator/market.ts";
import type { LaptopPage } from "../../web/laptop-routes.ts";
import type { Part } from "./part.ts";
import type { Ports } from "./ports.ts";
import type { Secrets } from "./state.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..");
const DATABASE = "brokerx";

type Environment = Readonly<Record<string, string>>;

/** What the processes of a laptop's system are configured with. */
export type Laptop = {
  readonly folder: string;
  readonly ports: Ports;
  readonly secrets: Secrets;
  readonly market: Market;
  /** The seed and the activity of the simulated participants. */
  readonly seed: number;
  /** How many matchers share the symbols: 1 or 2. */
  readonly matchers: number;
  /** What access tokens are signed with. */
  readonly tokenAlgorithm: "HS256" | "EdDSA";
};

/** The database URL of a role. */
export const databaseUrl = ({ ports, secrets }: Laptop, role: Role): string =>
  `postgres://brokerx_${role}:${secrets.rolePasswords[role]}@127.0.0.1:${ports.postgres}/${DATABASE}`;

/** The keys that verify access tokens. */
const verifyingKeys = ({ tokenAlgorithm, secrets }: Laptop): Environment =>
  tokenAlgorithm === "HS256"
    ? { JWT_KEYS: secrets.jwtKeys }
    : {
        JWT_ALGORITHM: tokenAlgorithm,
        JWT_PUBLIC_KEYS: `local-1=${publicKeyText(secrets.signingKey)}`,
      };

/** The key that signs access tokens; with HS256 it is one of the verifying keys. */
const signingKey = ({ tokenAlgorithm, secrets }: Laptop): Environment =>
  tokenAlgorithm === "HS256" ? {} : { JWT_SIGNING_KEY: `local-1=${secrets.signingKey}` };

/** The environment variables of every process. */
const sharedEnvironment = (laptop: Laptop): Environment => ({
  ...verifyingKeys(laptop),
  ...addresses(laptop),
});

const addresses = ({ ports, secrets }: Laptop): Environment => ({
  MAIL_SECRET: secrets.mailSecret,
  SMTP_URL: `smtp://127.0.0.1:${ports.smtp}`,
  PUBLIC_URL: `http://127.0.0.1:${ports.gateway}`,
  SQS_ENDPOINT: `http://127.0.0.1:${ports.sqs}`,
  SQS_QUEUE_URL: `http://127.0.0.1:${ports.sqs}/000000000000/commands-0.fifo`,
  AWS_REGION: "us-east-1",
});

/**
 * The content of `.brokerx/local.env`, for local invokes and scripts next to the running system.
 */
export const handEnvironment = (laptop: Laptop): Environment => ({
  ...sharedEnvironment(laptop),
  ...signingKey(laptop),
  ...Object.fromEntries(
    ROLES.map((role) => [`DATABASE_URL_${role.toUpperCase()}`, databaseUrl(laptop, role)]),
  ),
  ORDERS_URL: `http://127.0.0.1:${laptop.ports["orders-a"]}`,
  PORTFOLIOS_URL: `http://127.0.0.1:${laptop.ports.portfolios}`,
  MAIL_URL: `http://127.0.0.1:${laptop.ports.mail}`,
});

/** The user's environment without the variables that would change what a service connects to. */
const inherited = (): Record<string, string | undefined> =>
  Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(npm_|AWS_|DATABASE_|JWT_|FEED_|MATCHER_|LISTEN_HOST$)/.test(name),
    ),
  );

const define = (
  laptop: Laptop,
  name: string,
  args: readonly string[],
  own: { readonly role?: Role; readonly health?: string } & { readonly env?: Environment },
): Part => ({
  name,
  args: args.map((arg) => (arg.endsWith(".ts") || arg.endsWith(".js") ? join(ROOT, arg) : arg)),
  health: own.health,
  env: {
    ...inherited(),
    ...sharedEnvironment(laptop),
    ...(own.role === undefined ? {} : { DATABASE_URL: databaseUrl(laptop, own.role) }),
    BROKERX_INSTANCE: name,
    // The compile cache is kept: it halves the time that serverless takes to start. Each process has
    // its own. With a common one, processes that end together replace each other's files, which takes
    // seconds.
    NODE_COMPILE_CACHE: join(laptop.folder, "compile-cache", name),
    ...own.env,
  },
});

const service = (
  laptop: Laptop,
  name: "identity" | "orders-a" | "orders-b" | "portfolios" | "admin",
  own: { readonly service: string; readonly role: Role; readonly env?: Environment },
): Part =>
  define(laptop, name, ["node_modules/serverless/bin/serverless.js", "offline", "start"], {
    role: own.role,
    health: `http://127.0.0.1:${laptop.ports[name]}/health`,
    env: { BROKERX_SERVICE: own.service, SLS_LOG_LEVEL: "error", ...own.env },
  });

/** The names of all possible matchers: the lease of a shard names its holder. */
export const MATCHERS = ["matcher", "matcher-2"] as const;

const matcher = (laptop: Laptop, name: (typeof MATCHERS)[number]): Part =>
  define(laptop, name, ["matcher/main.ts"], {
    role: "matcher",
    health: `http://127.0.0.1:${laptop.ports[name]}/health`,
    env: { MATCHER_PORT: String(laptop.ports[name]) },
  });

/** The processes that need no database; they start while the database starts. */
export const firstProcesses = (laptop: Laptop): readonly Part[] => {
  const { ports } = laptop;
  return [
    define(laptop, "sqs", ["infra/local/queue/sqs.ts"], {
      health: `http://127.0.0.1:${ports.sqs}/health`,
      env: { PORT: String(ports.sqs) },
    }),
    define(laptop, "mail", ["infra/local/mail/mail-catcher.ts"], {
      health: `http://127.0.0.1:${ports.mail}/api/messages`,
      env: { PORT: String(ports.mail), SMTP_PORT: String(ports.smtp) },
    }),
  ];
};

/** The services, the matcher and the simulated participants. */
export const laterProcesses = (laptop: Laptop): readonly Part[] => {
  const { ports, market } = laptop;
  return [
    ...MATCHERS.slice(0, laptop.matchers).map((name) => matcher(laptop, name)),
    service(laptop, "orders-a", { service: "orders", role: "orders" }),
    service(laptop, "orders-b", { service: "orders", role: "orders" }),
    service(laptop, "portfolios", { service: "portfolios", role: "orders" }),
    service(laptop, "identity", {
      ...{ service: "identity", role: "identity", env: signingKey(laptop) },
    }),
    define(laptop, "reporting", ["infra/reporting/main.ts"], {
      role: "reports",
      health: `http://127.0.0.1:${ports.reporting}/health`,
      env: { REPORTING_PORT: String(ports.reporting) },
    }),
    service(laptop, "admin", { service: "admin", role: "admin" }),
    define(laptop, "market-feed", ["infra/market-feed/main.ts"], {
      role: "feed",
      health: `http://127.0.0.1:${ports["market-feed"]}/health`,
      env: { FEED_PORT: String(ports["market-feed"]) },
    }),
    define(laptop, "worker", ["infra/worker/main.ts"], {
      role: "scheduler",
      env: { NOTIFIER_DATABASE_URL: databaseUrl(laptop, "notifier") },
    }),
    gateway(laptop),
    ...(market === "off" ? [] : [simulator(laptop)]),
  ];
};

/**
 * The upstream hosts of kong.yml, with the port of each host there and its port on this laptop
 * before the offset.
 */
const GATEWAY_HOSTS = {
  identity: 3100,
  "orders-a": 3101,
  "orders-b": 3102,
  portfolios: 3103,
  reporting: 3104,
  "market-feed": 3105,
  admin: 3108,
} as const;

const gatewayHosts = ({ ports }: Laptop): string =>
  (Object.keys(GATEWAY_HOSTS) as (keyof typeof GATEWAY_HOSTS)[])
    .map((name) => `${name}:${GATEWAY_HOSTS[name]}=127.0.0.1:${ports[name]}`)
    .join(",");

const gateway = (laptop: Laptop): Part =>
  define(laptop, "gateway", ["infra/gateway/main.ts"], {
    health: `http://127.0.0.1:${laptop.ports["the gateway's status"]}/health`,
    env: {
      GATEWAY_PORT: String(laptop.ports.gateway),
      GATEWAY_STATUS_PORT: String(laptop.ports["the gateway's status"]),
      GATEWAY_HOSTS: gatewayHosts(laptop),
      WEB_LAPTOP: JSON.stringify(laptopPage(laptop)),
    },
  });

/** What the web page shows on a laptop only. */
const laptopPage = ({ ports }: Laptop): LaptopPage => ({
  clients: [
    ...DEMO_CLIENTS.filter(({ simulated }) => !simulated).map(({ firstName, email }) => ({
      name: firstName,
      email,
    })),
    { name: DEMO_ADMIN.lastName, email: DEMO_ADMIN.email },
  ],
  password: DEMO_PASSWORD,
  mail_url: `http://127.0.0.1:${ports.mail}`,
  docs_url: `http://127.0.0.1:${ports.identity}/docs`,
});

const simulator = (laptop: Laptop): Part =>
  define(laptop, "simulator", ["infra/simulator/main.ts"], {
    env: {
      SIMULATOR_SECRET: laptop.secrets.simulatorSecret,
      SIMULATOR_MARKET: String(laptop.market),
      SIMULATOR_SEED: String(laptop.seed),
      ORDERS_URLS: ["orders-a", "orders-b"]
        .map((name) => `http://127.0.0.1:${laptop.ports[name as "orders-a" | "orders-b"]}`)
        .join(","),
    },
  });
