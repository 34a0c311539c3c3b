import { randomBytes } from "node:crypto";
import { access, chmod, constants, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { ROLES, type Role } from "../../postgres/roles.ts";

/** The secrets of this laptop's system, created at the first start and kept. */
export type Secrets = {
  readonly jwtKeys: string;
  /** The keys for Ed25519, used instead of `jwtKeys` when the algorithm is EdDSA. */
  readonly signingKey: string;
  readonly simulatorSecret: string;
  readonly mailSecret: string;
  readonly ownerPassword: string;
  readonly rolePasswords: Readonly<Record<Role, string>>;
};

/** The folder of everything that `npm start` keeps: database, secrets and logs. */
export const stateFolder = (env: Readonly<Record<string, string | undefined>>): string =>
  env["BROKERX_HOME"] ?? join(import.meta.dirname, "..", "..", "..", ".brokerx");

const secret = (): string => randomBytes(32).toString("base64url");

const newSecrets = (): Secrets => ({
  jwtKeys: `local-1=${secret()}`,
  signingKey: secret(),
  simulatorSecret: secret(),
  mailSecret: secret(),
  ownerPassword: secret(),
  rolePasswords: Object.fromEntries(ROLES.map((role) => [role, secret()])) as Record<Role, string>,
});

/** Creates the folder, or throws a message that says why it cannot be used. */
export const prepareFolder = async (folder: string): Promise<void> => {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await access(folder, constants.W_OK | constants.X_OK);
    // Started by root, PostgreSQL runs as another user, who must be able to enter the folder.
    await chmod(folder, process.getuid?.() === 0 ? 0o711 : 0o700);
    await mkdir(join(folder, "logs"), { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new Error(
      `BrokerX keeps its data in ${folder} and cannot write there. Fix: make the folder yours, or name another one with BROKERX_HOME=<folder>.`,
      { cause },
    );
  }
};

const SECRETS_FILE = "secrets.json";

/**
 * Secrets are created only when the file is missing. After any other error, new ones would lock out
 * the data.
 */
const emptyWhenMissing = (error: NodeJS.ErrnoException): string => {
  if (error.code === "ENOENT") return "{}";
  throw new Error(`The secrets of this folder cannot be read: ${error.message}.`, { cause: error });
};

const parseSecrets = (path: string, text: string): Partial<Secrets> => {
  try {
    return JSON.parse(text) as Partial<Secrets>;
  } catch (cause) {
    throw new Error(`${path} is damaged. Fix: restore it, or begin anew without the folder.`, {
      cause,
    });
  }
};

/**
 * Returns the secrets of this folder: those of the last start, and new ones for roles that were
 * added since.
 */
export const loadSecrets = async (folder: string): Promise<Secrets> => {
  const path = join(folder, SECRETS_FILE);
  const text = await readFile(path, "utf8").catch(emptyWhenMissing);
  const kept = parseSecrets(path, text);
  const made = newSecrets();
  const rolePasswords = { ...made.rolePasswords, ...kept.rolePasswords };
  const secrets = { ...made, ...kept, rolePasswords };
  const all = JSON.stringify(secrets, undefined, 2);
  if (all !== text) await writeWhole(path, all);
  return secrets;
};

/** Writes a file that appears as a whole or not at all and is readable by its owner only. */
const writeWhole = async (path: string, text: string): Promise<void> => {
  await writeFile(`${path}.new`, text, { mode: 0o600 });
  await rename(`${path}.new`, path);
};

const ENVIRONMENT_FILE = "local.env";

/** Writes the environment of the services for local invokes, tokens and scripts. */
export const writeEnvironment = (
  folder: string,
  environment: Readonly<Record<string, string>>,
): Promise<void> => {
  const lines = Object.entries(environment).map(([name, value]) => `${name}=${value}\n`);
  return writeWhole(join(folder, ENVIRONMENT_FILE), lines.join(""));
};

/**
 * Reads what `writeEnvironment` wrote; undefined when the system was never started in this folder.
 */
export const readEnvironment = async (
  folder: string,
): Promise<Readonly<Record<string, string | undefined>> | undefined> => {
  try {
    return parseEnv(await readFile(join(folder, ENVIRONMENT_FILE), "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
};

/** Deletes everything that this program has ever written to the folder, and nothing else. */
export const removeState = async (folder: string): Promise<void> => {
  for (const name of ["postgres", "logs", SECRETS_FILE, ENVIRONMENT_FILE])
    await rm(join(folder, name), { recursive: true, force: true });
};
