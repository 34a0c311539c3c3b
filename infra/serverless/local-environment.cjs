"use strict";

const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const { parseEnv } = require("node:util");

const ROLES = {
  identity: "IDENTITY",
  orders: "ORDERS",
  portfolios: "ORDERS",
  reporting: "REPORTS",
  notifier: "NOTIFIER",
  admin: "ADMIN",
  scheduler: "SCHEDULER",
  "market-feed": "FEED",
};

/** Only these commands read it; `package` and `deploy` must never see a laptop's secrets. */
const runsHere = (argv = process.argv) => {
  const [command, subcommand] = argv.slice(2).filter((word) => !word.startsWith("-"));
  return command === "offline" || (command === "invoke" && subcommand === "local");
};

/** Whether the configuration is for AWS; BROKERX_SERVICE chooses one service of this computer. */
exports.isForCloud = () => !runsHere() && process.env.BROKERX_SERVICE === undefined;

const readState = () => {
  const home = process.env.BROKERX_HOME ?? join(__dirname, "../../.brokerx");
  try {
    return parseEnv(readFileSync(join(home, "local.env"), "utf8"));
  } catch {
    return {};
  }
};

/**
 * The environment that `npm start` wrote for its services, for a function that is invoked by hand.
 * Variables that are already set take precedence: the launcher's children and the cloud bring their
 * own.
 */
exports.localEnvironment = (service, argv = process.argv) => {
  if (!runsHere(argv) || process.env.DATABASE_URL !== undefined) return {};
  const { [`DATABASE_URL_${ROLES[service]}`]: databaseUrl, ...state } = readState();
  const shared = Object.entries(state).filter(
    ([name]) => !name.startsWith("DATABASE_") && !name.startsWith("BROKERX_"),
  );
  const environment =
    databaseUrl === undefined ? shared : [["DATABASE_URL", databaseUrl], ...shared];
  return Object.fromEntries(environment.filter(([name]) => process.env[name] === undefined));
};
