import { rm } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { loadSecrets, readEnvironment, stateFolder } from "../../infra/local/launcher/state.ts";
import { execute } from "../../layers/testing/server.ts";
import { findPlace, launch, runProgram } from "../support/launcher.ts";

export type Mail = {
  readonly recipient: string;
  readonly subject: string;
  readonly text: string;
  readonly received_at: string;
};

/** A whole laptop system, seen from outside. */
export type System = {
  readonly page: string;
  readonly mail: string;
  readonly token: (email: string) => string;
  /** The next mail to an address whose text matches, waiting for it. */
  readonly readMail: (recipient: string, pattern: RegExp, since?: Date) => Promise<string>;
  /** Calls the API behind the gateway as a client. */
  readonly call: (email: string, method: string, path: string, body?: unknown) => Promise<unknown>;
  /** Runs a statement as the owner of the database, for what no route does. */
  readonly sql: (statement: string) => Promise<void>;
  readonly stop: () => Promise<void>;
};

const API_KEY = "brokerx-key-123";
const MAIL_WITHIN_MS = 15_000;

type Place = Pick<System, "page" | "mail" | "stop"> & {
  readonly env: Readonly<Record<string, string | undefined>>;
};

/** The system of PAGE_URL while developing; otherwise one that lives as long as the suite. */
const findSystem = async (flags: readonly string[]): Promise<Place> => {
  const { PAGE_URL, MAIL_URL } = process.env;
  if (PAGE_URL !== undefined && MAIL_URL !== undefined)
    return { page: PAGE_URL, mail: MAIL_URL, env: process.env, stop: async () => {} };
  const place = await findPlace();
  const launched = launch(place.env, flags);
  await launched.says(/BrokerX is ready/, 120_000);
  return {
    page: `http://127.0.0.1:${place.ports.gateway}`,
    mail: `http://127.0.0.1:${place.ports.mail}`,
    env: place.env,
    stop: async () => {
      launched.child.kill("SIGTERM");
      await launched.ended;
      await rm(place.home, { recursive: true, force: true });
    },
  };
};

/** Starts a system without simulated participants, unless other flags of the launcher are named. */
export const startSystem = async (
  flags: readonly string[] = ["--quiet-market"],
): Promise<System> => {
  const place = await findSystem(flags);
  const tokens = new Map<string, string>();
  const token = (email: string): string => {
    const known = tokens.get(email) ?? runProgram(place.env, ["token", email]).stdout.trim();
    tokens.set(email, known);
    return known;
  };
  return {
    ...place,
    token,
    sql: async (statement) => execute(await databaseUrl(place.env), statement),
    readMail: (recipient, pattern, since = new Date(0)) =>
      readMail(place.mail, recipient, pattern, since),
    call: async (email, method, path, body) => {
      const response = await fetch(place.page + path, {
        method,
        headers: {
          ...{ apikey: API_KEY, "content-type": "application/json" },
          authorization: `Bearer ${token(email)}`,
        },
        body: body === undefined ? null : JSON.stringify(body),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
      return text === "" ? undefined : JSON.parse(text);
    },
  };
};

/** The owner of the database logs in with a password in the folder of the data. */
const databaseUrl = async (env: Place["env"]): Promise<string> => {
  const folder = stateFolder(env);
  const environment = await readEnvironment(folder);
  const url = new URL(environment?.["DATABASE_URL_ADMIN"] ?? "");
  url.username = "brokerx_owner";
  url.password = (await loadSecrets(folder)).ownerPassword;
  return url.href;
};

const readMail = async (
  url: string,
  recipient: string,
  pattern: RegExp,
  since: Date,
): Promise<string> => {
  const deadline = Date.now() + MAIL_WITHIN_MS;
  while (Date.now() < deadline) {
    const mails = (await (await fetch(`${url}/api/messages`)).json()) as readonly Mail[];
    for (const mail of mails) {
      const found = pattern.exec(mail.text);
      const isNew = new Date(mail.received_at) >= since;
      if (mail.recipient === recipient && isNew && found !== null) return found[1] ?? found[0];
    }
    await delay(100);
  }
  throw new Error(`No mail to ${recipient} matches ${pattern}.`);
};
