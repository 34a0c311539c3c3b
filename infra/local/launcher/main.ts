import { parseArgs } from "node:util";
import { MARKETS, parseMarket } from "../../simulator/market.ts";
import { startLaptop } from "./laptop.ts";
import { lockFolder } from "./lock.ts";
import { prepareFolder, stateFolder } from "./state.ts";

const USAGE = `npm start                     start BrokerX, keeping the data of the last time
npm start -- --reset          begin anew: forget all accounts, orders and mails
npm start -- --market=busy    simulated participants: calm (the default, 5 quotes a second), busy
                              (25), any number up to 100, or off
npm start -- --seed=7         another sequence of their orders; the same seed makes the same market
npm start -- --quiet-market   the same as --market=off
npm start -- --matchers 2     with two matchers that share the symbols

BROKERX_HOME=<folder>         keep the data elsewhere than in .brokerx
BROKERX_PORT_OFFSET=<number>  add a number to every port`;

const OPTIONS = {
  reset: { type: "boolean", default: false },
  "quiet-market": { type: "boolean", default: false },
  market: { type: "string", default: "calm" },
  seed: { type: "string", default: "1" },
  matchers: { type: "string", default: "1" },
  help: { type: "boolean", default: false },
} as const;

const parseOptions = () => {
  try {
    return parseArgs({ options: OPTIONS }).values;
  } catch (error) {
    // The first sentence names the option; the others are about programs with other arguments.
    const [fault] = /^[^.\n]*/.exec(error instanceof Error ? error.message : "") ?? [];
    throw new Error(`${fault}. The options are:\n\n${USAGE}`);
  }
};

/** Reads the options; throws a message that names a bad option and the values that are allowed. */
const readFlags = () => {
  const values = parseOptions();
  const market = parseMarket(values["quiet-market"] ? "off" : values.market);
  if (market === undefined) throw new Error(`--market must be ${MARKETS}. It is ${values.market}.`);
  if (!/^[0-9]{1,9}$/.test(values.seed))
    throw new Error(`--seed must be a whole number from 0 to 999999999. It is ${values.seed}.`);
  if (!/^[12]$/.test(values.matchers))
    throw new Error(`--matchers must be 1 or 2. It is ${values.matchers}.`);
  return { ...values, market };
};

/** Prints what happened, with the time of day. */
const say = (line: string): void => console.log(`${new Date().toTimeString().slice(0, 8)} ${line}`);

/** Resolves when the system is asked to stop. */
const stopRequested = (): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
      process.on(signal, () => resolve());
  });

const main = async (): Promise<void> => {
  const flags = readFlags();
  if (flags.help) {
    console.log(USAGE);
    return;
  }
  const folder = stateFolder(process.env);
  const stopped = stopRequested();
  await prepareFolder(folder);
  const release = await lockFolder(folder);
  try {
    const laptop = startLaptop({
      folder,
      market: flags.market,
      seed: Number(flags.seed),
      matchers: Number(flags.matchers),
      reset: flags.reset,
      say,
      show: (text) => console.log(text),
    });
    try {
      await Promise.race([laptop.ready, stopped]);
      await stopped;
      say("Stopping …");
    } finally {
      await laptop.stop();
    }
    say("Stopped. The data stays for the next start.");
  } finally {
    await release();
  }
};

await main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
