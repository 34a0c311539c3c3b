/** A row of the configuration reference. Without a default the variable is required. */
export type Variable = {
  readonly name: string;
  readonly meaning: string;
  readonly default: string | undefined;
  readonly readBy: string;
};

const variable = (
  name: string,
  meaning: string,
  readBy: string,
  fallback: string | undefined = "",
): Variable => ({ name, meaning, readBy, default: fallback });

const required = (name: string, meaning: string, readBy: string): Variable => ({
  ...{ name, meaning, readBy, default: undefined },
});

const password = (name: string, role: string): Variable =>
  required(name, `The password of the database role \`${role}\`.`, "compose");

/** Variables that are read outside the schema of layers/platform/config/schema.ts. */
export const OTHER_VARIABLES = {
  traces: [
    variable(
      "OTEL_EXPORTER_OTLP_HEADERS",
      "Headers for the collector, `name=value,…`. The library of OpenTelemetry reads it.",
      "every, gateway",
    ),
  ],
  processes: [
    variable(
      "BROKERX_HOME",
      "The folder with the data, secrets and logs of laptop mode.",
      "launcher, tools",
      ".brokerx",
    ),
    variable(
      "BROKERX_SERVICE",
      "The service of `serverless.yml` that a process runs: `identity`, `orders`, `portfolios`, `admin`, …. Empty: all functions.",
      "serverless",
    ),
    variable("SLS_LOG_LEVEL", "How much serverless itself logs.", "serverless", "error"),
    variable(
      "NOTIFIER_DATABASE_URL",
      "The connection string of the database that the worker uses when it sends mails. Empty: `DATABASE_URL`.",
      "worker",
    ),
    variable(
      "METRICS_NAMESPACE",
      "The namespace of the matcher's metrics in CloudWatch. Only the cloud's stack sets it.",
      "cloud matcher",
    ),
    variable(
      "ROLE_PASSWORDS",
      "The passwords of the database roles, as JSON. Only the cloud's stack sets it.",
      "cloud migration",
    ),
    variable("WEB_PORT", "The port of the server of the web page.", "web", "3109"),
    variable("WEB_ROOT", "The folder with the built web page.", "web, gateway", "web/dist"),
    variable(
      "WEB_LAPTOP",
      "The demo clients that the page offers, as JSON. Only the launcher sets it.",
      "gateway",
    ),
    variable(
      "KONG_DECLARATIVE_CONFIG",
      "The file with the rules of the gateway.",
      "gateway",
      "kong/kong.yml",
    ),
    variable("GATEWAY_PORT", "The port of the development gateway.", "gateway", "8080"),
    variable("GATEWAY_STATUS_PORT", "The port of its health and metrics.", "gateway", "8001"),
    variable(
      "GATEWAY_HOSTS",
      "Where the hosts of `kong.yml` are: `orders-a:3101=127.0.0.1:3101,…`.",
      "gateway",
    ),
    variable(
      "GATEWAY_TRUSTED_PROXIES",
      "Networks in front of the gateway whose `X-Forwarded-For` is believed.",
      "gateway",
    ),
    variable(
      "ORDERS_URLS",
      "The order services to which simulated participants send orders.",
      "simulator",
      "http://127.0.0.1:3101,http://127.0.0.1:3102",
    ),
    variable(
      "SIMULATOR_MARKET",
      "`calm`, `busy`, or the number of quotes in a second (at most 100).",
      "simulator",
      "calm",
    ),
    variable("SIMULATOR_SEED", "What the simulated decisions depend on.", "simulator", "1"),
    variable("PORT", "The port of the local queue or of the mail page.", "sqs, mail"),
    variable("SMTP_PORT", "The port at which the mail catcher takes mails.", "mail", "1025"),
  ],
  compose: [
    required(
      "JWT_KEYS",
      "As above. Compose needs a value also when `JWT_ALGORITHM` is `EdDSA`.",
      "compose",
    ),
    variable("JWT_ALGORITHM", "As above.", "compose", "HS256"),
    variable("JWT_PUBLIC_KEYS", "As above. Required with EdDSA.", "compose"),
    variable("JWT_SIGNING_KEY", "As above. Required with EdDSA.", "compose"),
    required("MAIL_SECRET", "As above.", "compose"),
    required(
      "SIMULATOR_SECRET",
      "The secret from which the API keys of the simulated participants are made.",
      "compose",
    ),
    password("OWNER_PASSWORD", "brokerx_owner"),
    password("IDENTITY_PASSWORD", "brokerx_identity"),
    password("ORDERS_PASSWORD", "brokerx_orders"),
    password("MATCHER_PASSWORD", "brokerx_matcher"),
    password("FEED_PASSWORD", "brokerx_feed"),
    password("NOTIFIER_PASSWORD", "brokerx_notifier"),
    password("ADMIN_PASSWORD", "brokerx_admin"),
    password("SCHEDULER_PASSWORD", "brokerx_scheduler"),
    password("REPORTS_PASSWORD", "brokerx_reports"),
    required(
      "MAILPIT_PASSWORD",
      "The password of the user `brokerx` for the page with sent mails, port 8025.",
      "compose",
    ),
    required("GRAFANA_PASSWORD", "The password of Grafana's user `admin`.", "compose"),
    variable(
      "DEMO",
      "1: every start creates instruments, and demo clients with a public password. 0: none. For 0, keep the line `DEMO=0` in `.env`: without it the next start creates them.",
      "prepare",
      "1",
    ),
    variable(
      "TLS_PROXY",
      "The address from which a proxy with TLS sends requests to Kong. Its `X-Forwarded-For` is then believed.",
      "compose",
    ),
    variable(
      "DATABASE_SERVER",
      "Host and port of PostgreSQL for the step that prepares the database. `docker-compose.yml` sets it, not `.env`.",
      "prepare",
      "postgres:5432",
    ),
  ],
  k6: [
    variable("K6", "The k6 program.", "npm run k6", "k6"),
    variable("BASE_URL", "The gateway.", "scripts", "http://127.0.0.1:8080"),
    variable("PORTFOLIOS_URL", "The portfolio service.", "scripts", "http://127.0.0.1:3103"),
    variable("ORDERS_URL", "An order service.", "scripts", "http://127.0.0.1:3101"),
    variable("IDENTITY_URL", "The identity service.", "scripts", "http://127.0.0.1:3100"),
    variable(
      "MAIL_URL",
      "The mail catcher, for login codes. When `PAGE_URL` is set, the tests of the web page in Chromium and `npm run screenshots` need `MAIL_URL` too.",
      "scripts, npm test, npm run screenshots",
      "http://127.0.0.1:8025",
    ),
    variable("WS_URL", "The feed.", "cable_connect", "ws://127.0.0.1:8080/cable"),
    variable("APIKEY", "The gateway key.", "scripts", "brokerx-key-123"),
    variable(
      "TOKEN",
      "An access token. Empty: the script logs in. The tests of the gateway need it when `GATEWAY_URL` names another gateway.",
      "scripts, npm test",
    ),
    variable("PASSWORD", "The demo clients' password.", "scripts", "correct horse battery"),
    variable("PAUSE_SECONDS", "A user's pause after each round.", "scripts", "0.5"),
    variable("VUS", "The number of users at the same time.", "scripts", "5"),
    variable(
      "DURATION",
      "How long the load lasts. The default of `soak` is half an hour.",
      "scripts",
      "30s",
    ),
    variable("WS_HOLD_MS", "How long a socket stays open.", "cable_connect", "10000"),
    variable("SYMBOL", "The instrument.", "scripts", "AAPL"),
    variable(
      "P95_MS",
      "The threshold of the 95th percentile. Empty: that of the script.",
      "smokes",
    ),
    variable(
      "RATES",
      "Requests a second in each step, separated by commas, such as `50,100,200`.",
      "throughput",
    ),
    variable("STEP_SECONDS", "The length of a step.", "throughput, spike", "10"),
    variable("KNEE_MS", "The latency that counts as saturation.", "throughput", "250"),
    variable("CALM_RATE", "The low rate.", "spike", "10"),
    variable("CROWD_RATE", "The high rate.", "spike", "400"),
  ],
  tests: [
    variable(
      "BROKERX_TEST_CONCURRENCY",
      "How many test files run at the same time, each with its own PostgreSQL. Empty: one for each processor, at least two.",
      "npm test",
    ),
    variable(
      "CI_REQUIRES",
      "Programs that must be installed. If a listed program is missing, its suite fails. If a program that is not listed is missing, its suite is skipped.",
      "npm test",
    ),
    variable("GATEWAY_URL", "Another gateway for the suite of the gateway.", "npm test"),
    variable("GATEWAY_STATUS_URL", "The status port of that gateway.", "npm test"),
    variable(
      "GATEWAY_KILL",
      "The command that kills orders-a behind the gateway of `GATEWAY_URL`.",
      "npm test",
    ),
    variable("GATEWAY_REVIVE", "The command that starts orders-a again.", "npm test"),
    variable(
      "CHROMIUM",
      "The path of the Chromium that the tests of the web page use. Empty: Chromium on the PATH.",
      "npm test",
    ),
    variable(
      "LAMBDA_RUNTIME_CLIENT",
      "The path of the `index.mjs` of aws-lambda-ric, which runs the packaged functions.",
      "npm test",
    ),
    variable("LOCALSTACK_PYTHON", "A Python that has LocalStack.", "npm test"),
    variable(
      "PAGE_URL",
      "A running page for the suite in Chromium and the screenshots.",
      "npm test, npm run screenshots",
    ),
    variable("BROKERX_CI_TOOLS", "Where CI keeps the programs that it builds.", ".ci/tools"),
  ],
} as const satisfies Readonly<Record<string, readonly Variable[]>>;
