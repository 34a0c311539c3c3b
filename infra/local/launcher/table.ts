import { DEMO_ADMIN, DEMO_CLIENTS, DEMO_PASSWORD } from "../../postgres/demo.ts";
import type { Laptop } from "./processes.ts";

/** The demo consumer's key of kong/kong.yml. */
const DEMO_KEY = "brokerx-key-123";

const row = (what: string, where: string, why: string): string =>
  `  ${what.padEnd(12)} ${where.padEnd(34)} ${why}`;

/** The text that is printed once everything runs: addresses, demo accounts, and how to stop. */
export const table = ({ ports, folder, market, matchers }: Laptop, seconds: number): string => {
  const http = (port: number, path = ""): string => `http://127.0.0.1:${port}${path}`;
  const people = DEMO_CLIENTS.filter(({ simulated }) => !simulated).map(({ email }) => email);
  return [
    "",
    row("web page", http(ports.gateway), "trade, portfolio, settings: open it in a browser"),
    row("gateway", http(ports.gateway), `everything below; header apikey: ${DEMO_KEY}`),
    row("", http(ports["the gateway's status"], "/metrics"), "the gateway's metrics"),
    row("identity", http(ports.identity), "sign-up, login, tokens"),
    row("orders", http(ports["orders-a"]), "orders-a: place, read and cancel orders"),
    row("", http(ports["orders-b"]), "orders-b: the same, a second instance"),
    row("portfolios", http(ports.portfolios), "deposits and the portfolio"),
    row("reporting", http(ports.reporting), "statements, profit and loss, equity"),
    row("market feed", `ws://127.0.0.1:${ports["market-feed"]}/cable`, "live quotes and books"),
    row("admin", http(ports.admin), "instruments, halts, limits, kill switches"),
    row("matcher", http(ports.matcher, "/metrics"), "the exchange's metrics"),
    ...(matchers < 2
      ? []
      : [
          row("", http(ports["matcher-2"], "/metrics"), "matcher-2: the other half of the symbols"),
        ]),
    row("API", http(ports.identity, "/docs"), "every route, to read and to try"),
    row("mail", http(ports.mail), "every mail BrokerX sent"),
    row("queue", http(ports.sqs), "SQS"),
    row("database", `127.0.0.1:${ports.postgres}`, `PostgreSQL, data in ${folder}`),
    "",
    `  Demo accounts: ${people.join(", ")}`,
    `  Password:      ${DEMO_PASSWORD}   (the login code arrives in the mail)`,
    "  A token:       npm run --silent token -- demo@brokerx.local",
    `  The operator:  ${DEMO_ADMIN.email}, the same password`,
    ...(market === "off" ? ["  The market is quiet: no simulated participants trade."] : []),
    "",
    `BrokerX is ready in ${seconds.toFixed(1)} s. Ctrl-C stops it.`,
  ].join("\n");
};
