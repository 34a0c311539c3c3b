import { createServer } from "node:net";

/** The ports of laptop mode, before the offset. */
const PORTS = {
  gateway: 8080,
  "the gateway's status": 8001,
  identity: 3100,
  "orders-a": 3101,
  "orders-b": 3102,
  portfolios: 3103,
  reporting: 3104,
  "market-feed": 3105,
  matcher: 3106,
  "matcher-2": 3107,
  admin: 3108,
  "identity's invoke port": 3200,
  "orders-a's invoke port": 3201,
  "orders-b's invoke port": 3202,
  "portfolios' invoke port": 3203,
  "admin's invoke port": 3208,
  sqs: 4566,
  postgres: 5433,
  smtp: 1025,
  mail: 8025,
} as const;

export type PortName = keyof typeof PORTS;

/** The port of each service. */
export type Ports = Readonly<Record<PortName, number>>;

/**
 * Ports above 1024 that browsers and `fetch` never connect to ("bad ports").
 * Source: https://fetch.spec.whatwg.org/#port-blocking
 */
const BLOCKED_PORTS: ReadonlySet<number> = new Set([
  ...[1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566],
  ...[6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080],
]);

const OFFSET_MAX = 50_000;

/** The first service whose port would be blocked. */
const blockedAt = (offset: number): [string, number] | undefined =>
  Object.entries(PORTS).find(([, port]) => BLOCKED_PORTS.has(port + offset));

const nextUsable = (offset: number): number => {
  let usable = offset;
  while (blockedAt(usable) !== undefined) usable += 1;
  return usable;
};

/**
 * All ports plus BROKERX_PORT_OFFSET, so that a second system can run next to the first. Throws a
 * message for the user when the offset is not a number in range or leads to a port that browsers
 * refuse.
 */
export const portsFor = (env: Readonly<Record<string, string | undefined>>): Ports => {
  const offset = Number(env["BROKERX_PORT_OFFSET"] ?? 0);
  if (!Number.isInteger(offset) || offset < 0 || offset > OFFSET_MAX)
    throw new Error(`BROKERX_PORT_OFFSET must be a whole number from 0 to ${OFFSET_MAX}.`);
  const blocked = blockedAt(offset);
  if (blocked !== undefined) {
    const [name, port] = blocked;
    throw new Error(
      `BROKERX_PORT_OFFSET=${offset} puts ${name} on port ${port + offset}, which browsers refuse to connect to. Fix: BROKERX_PORT_OFFSET=${nextUsable(offset)} npm start`,
    );
  }
  return Object.fromEntries(
    Object.entries(PORTS).map(([name, port]) => [name, port + offset]),
  ) as Ports;
};

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () =>
      server.close(() => resolve(true)),
    );
  });

/** The services whose port is in use by another program, in the order of the table. */
export const takenPorts = async (ports: Ports): Promise<readonly PortName[]> => {
  const names = Object.keys(ports) as PortName[];
  const free = await Promise.all(names.map((name) => isFree(ports[name])));
  return names.filter((_, index) => free[index] !== true);
};

/**
 * The message for a user whose port is taken: the port, the service that needs it, and what to do.
 */
export const explainTaken = (ports: Ports, taken: readonly PortName[]): string => {
  const lines = taken.map((name) => `Port ${ports[name]} is taken; ${name} wants it.`);
  const port = taken[0] === undefined ? 0 : ports[taken[0]];
  return [
    ...lines,
    `Fix: stop the program that holds it (lsof -i :${port} or ss -ltnp names it), or start BrokerX`,
    "on other ports: BROKERX_PORT_OFFSET=1000 npm start",
  ].join("\n");
};
