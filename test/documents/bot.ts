import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type BrokerX, createBrokerX, type Order, type OwnEvent, unwrap } from "../../sdk/index.ts";
import { type Place, runProgram } from "../support/launcher.ts";
import { type RecordingProxy, recordingProxy } from "./recording-proxy.ts";

type Options = {
  readonly place: Place;
  /** Where the file with the key is written. */
  readonly folder: string;
  readonly email: string;
  readonly symbol: string;
  readonly command: readonly [program: string, ...args: string[]];
};

/** A trading program of docs/examples, and its account as the test sees it. */
export type Bot = {
  readonly email: string;
  readonly output: () => string;
  readonly requests: RecordingProxy;
  readonly keyFile: string;
  readonly openOrders: () => Promise<readonly Order[]>;
  readonly activities: () => Promise<readonly OwnEvent[]>;
  /** The prices to which an order was to be moved, oldest first. */
  readonly pricesRequested: (orderId: string) => Promise<readonly string[]>;
  /** Sends a signal and resolves to the exit code. */
  readonly end: (signal: NodeJS.Signals) => Promise<number | null>;
};

export const newKey = ({ env }: Place, email: string): string =>
  runProgram(env, ["key-create", email]).stdout;

/** Starts a program of docs/examples with a new API key and nothing else. */
export const startBot = async (options: Options): Promise<Bot> => {
  const { place, folder, email, symbol, command } = options;
  const keyFile = join(folder, `${email}.key`);
  await writeFile(keyFile, newKey(place, email), { mode: 0o600 });
  const gateway = `127.0.0.1:${place.ports.gateway}`;
  const requests = await recordingProxy(place.ports.gateway);
  const [program, ...args] = command;
  const child = spawn(program, args, {
    env: {
      ...{ ...place.env, BROKERX_KEY_FILE: keyFile, SYMBOL: symbol },
      ...{ BROKERX_URL: requests.url, BROKERX_FEED_URL: `ws://${gateway}/cable` },
    },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => {
      output += chunk;
    });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const token = runProgram(place.env, ["token", email]).stdout.trim();
  const account = createBrokerX({
    ...{ baseUrl: `http://${gateway}`, apiKey: "brokerx-key-123", token: () => token },
  });
  return {
    ...{ email, requests, keyFile, output: () => output },
    openOrders: async () => {
      const params = { query: { status: "open", symbol, limit: 500 } } as const;
      return (await unwrap(account.api.GET("/api/v1/orders", { params }))).orders;
    },
    activities: () => readActivities(account),
    pricesRequested: async (id) => {
      const params = { path: { id }, query: { limit: 500 } };
      const path = "/api/v1/orders/{id}/amendments";
      const { amendments } = await unwrap(account.api.GET(path, { params }));
      return amendments.flatMap(({ after }) => after.price ?? []);
    },
    end: (signal) => {
      child.kill(signal);
      return ended.finally(requests.close);
    },
  };
};

const readActivities = async ({ api }: BrokerX): Promise<readonly OwnEvent[]> => {
  const events: OwnEvent[] = [];
  for (let after = 0; ; ) {
    const params = { query: { after: String(after), limit: 500 } };
    const page = await unwrap(api.GET("/api/v1/activities", { params }));
    events.push(...page.activities);
    const last = page.activities.at(-1);
    if (last === undefined) return events;
    after = last.event_id;
  }
};
