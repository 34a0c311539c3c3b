import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { publicKeyText } from "../../layers/platform/credentials/key-ring.ts";

// `npm run env`: writes a .env for Compose, with new secrets for every empty variable of
// .env.example.

const ROOT = join(import.meta.dirname, "..", "..");

const secret = (): string => randomBytes(32).toString("base64url");

/** The example with a new secret for each variable it leaves empty. */
export const fillSecrets = (example: string): string => {
  const signingKey = secret();
  const named: Readonly<Record<string, string>> = {
    JWT_KEYS: `compose-1=${secret()}`,
    JWT_SIGNING_KEY: `compose-1=${signingKey}`,
    JWT_PUBLIC_KEYS: `compose-1=${publicKeyText(signingKey)}`,
  };
  return example.replaceAll(
    /^([A-Z_]+)=$/gm,
    (_, name: string) => `${name}=${named[name] ?? secret()}`,
  );
};

const main = async (): Promise<void> => {
  const filled = fillSecrets(await readFile(join(ROOT, ".env.example"), "utf8"));
  try {
    await writeFile(join(ROOT, ".env"), filled, { flag: "wx", mode: 0o600 });
    console.log(".env written. Now: docker compose up --build");
  } catch {
    console.error(".env exists and was not changed. Delete it first to create a new one.");
    process.exitCode = 1;
  }
};

if (import.meta.main) await main();
