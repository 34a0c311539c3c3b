import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { keysSchema } from "../../../layers/platform/config/schema.ts";
import { loadConfig, parseVariables } from "../../../layers/platform/config.ts";
import { buildFunctions } from "../../build.ts";
import { buildWebPage } from "../../build-web.ts";
import type { Market } from "../../simulator/market.ts";
import { type KeptPostgres, keepPostgres, stopOrphan } from "../postgres/keep-postgres.ts";
import { prepareDatabase } from "../postgres/prepare-database.ts";
import { openLogFile } from "./log-file.ts";
import type { Part } from "./part.ts";
import { explainTaken, type PortName, type Ports, portsFor, takenPorts } from "./ports.ts";
import {
  firstProcesses,
  handEnvironment,
  type Laptop,
  laterProcesses,
  MATCHERS,
} from "./processes.ts";
import { waitUntilReady } from "./ready.ts";
import { loadSecrets, prepareFolder, removeState, writeEnvironment } from "./state.ts";
import { type Supervised, supervise } from "./supervise.ts";
import { table } from "./table.ts";

const READY_WITHIN_MS = 90_000;
const PORTS_FREE_WITHIN_MS = 5_000;
const ALGORITHM = keysSchema.pick({ JWT_ALGORITHM: true });

type Options = {
  readonly folder: string;
  readonly market: Market;
  readonly seed: number;
  readonly matchers: number;
  readonly reset: boolean;
  /** Prints an event. */
  readonly say: (line: string) => void;
  /** Prints a text of several lines. */
  readonly show: (text: string) => void;
};

/** The whole system on this laptop, starting or running. */
type RunningLaptop = {
  /**
   * Resolves when every service answers; rejects with a message for the user when a service does
   * not.
   */
  readonly ready: Promise<void>;
  /** Stops everything, at any time: the processes in parallel, PostgreSQL last. */
  readonly stop: () => Promise<void>;
};

/**
 * Throws when a port is in use. The children of a killed launcher end by themselves, so it waits a
 * few seconds.
 */
const requirePorts = async (ports: Ports, unused: readonly PortName[]): Promise<void> => {
  const deadline = Date.now() + PORTS_FREE_WITHIN_MS;
  for (;;) {
    const taken = (await takenPorts(ports)).filter((name) => !unused.includes(name));
    if (taken.length === 0) return;
    if (Date.now() > deadline) throw new Error(explainTaken(ports, taken));
    await delay(200);
  }
};

/** Throws a message for the user when a service would refuse to start with its configuration. */
const requireConfiguration = (laptop: Laptop): void => {
  for (const { env } of laterProcesses(laptop)) if (env["DATABASE_URL"]) loadConfig(env);
};

/**
 * Reads or creates secrets and ports. Throws when a variable has a bad value, or when another system
 * uses the folder or the ports.
 */
const prepare = async (options: Options): Promise<Laptop> => {
  const { folder, market, seed, matchers, reset, say } = options;
  const ports = portsFor(process.env);
  const known = await loadSecrets(folder);
  const tokenAlgorithm = parseVariables(ALGORITHM, process.env).JWT_ALGORITHM;
  const laptop = { folder, ports, secrets: known, market, seed, matchers, tokenAlgorithm };
  requireConfiguration(laptop);
  const at = { folder, port: ports.postgres, password: known.ownerPassword };
  if (await stopOrphan(at)) say("Stopped the PostgreSQL that a killed run left behind.");
  await requirePorts(ports, MATCHERS.slice(matchers));
  if (reset) {
    await removeState(folder);
    await prepareFolder(folder);
    say("Beginning anew: the old data is gone.");
  }
  return { ...laptop, secrets: await loadSecrets(folder) };
};

/** Starts PostgreSQL, applies the migrations and seeds the demo data. */
const startDatabase = async (
  laptop: Laptop,
  say: (line: string) => void,
): Promise<KeptPostgres> => {
  const { folder, ports, secrets } = laptop;
  const log = openLogFile(join(folder, "logs", "postgres.log"));
  const at = { folder, port: ports.postgres, password: secrets.ownerPassword };
  const postgres = await keepPostgres(at, log, say);
  try {
    const { rolePasswords, simulatorSecret } = secrets;
    await prepareDatabase(postgres.url, rolePasswords, { withAdmin: true, simulatorSecret });
  } catch (error) {
    await postgres.stop();
    throw error;
  }
  return postgres;
};

/** Starts everything; slow steps run in parallel. */
export const startLaptop = (options: Options): RunningLaptop => {
  const { say } = options;
  const stopping = new AbortController();
  const running: Supervised[] = [];
  let database: Promise<KeptPostgres> | undefined;

  const begin = ({ folder }: Laptop, processes: readonly Part[]): void => {
    stopping.signal.throwIfAborted();
    for (const part of processes)
      running.push(supervise(part, openLogFile(join(folder, "logs", `${part.name}.log`)), say));
  };

  const boot = async (): Promise<void> => {
    const startedAt = Date.now();
    const laptop = await prepare(options);
    stopping.signal.throwIfAborted();
    say(`Starting BrokerX, data in ${laptop.folder} …`);
    database = startDatabase(laptop, say);
    const first = firstProcesses(laptop);
    begin(laptop, first);
    await Promise.all([
      buildFunctions(),
      buildWebPage(),
      database,
      writeEnvironment(laptop.folder, handEnvironment(laptop)),
    ]);
    const later = laterProcesses(laptop);
    begin(laptop, later);
    const silent = await waitUntilReady([...first, ...later], READY_WITHIN_MS, stopping.signal);
    stopping.signal.throwIfAborted();
    if (silent.length > 0) throw new Error(explainSilence(laptop, silent, running));
    options.show(table(laptop, (Date.now() - startedAt) / 1_000));
  };

  const ready = boot();
  const stop = async (): Promise<void> => {
    stopping.abort(new Error("BrokerX was stopped while it started."));
    await ready.catch(() => {});
    await Promise.all(running.map((part) => part.stop()));
    await (await database?.catch(() => undefined))?.stop();
  };
  return { ready, stop };
};

const explainSilence = (
  { folder }: Laptop,
  silent: readonly string[],
  running: readonly Supervised[],
): string => {
  const lines = silent.map((name) => {
    const words = running.find((part) => part.name === name)?.lastWords() ?? "";
    return `${name} does not answer. Its last log lines: ${words} (all of them: ${folder}/logs/${name}.log)`;
  });
  return [`BrokerX did not become ready in ${READY_WITHIN_MS / 1_000} s.`, ...lines].join("\n");
};
