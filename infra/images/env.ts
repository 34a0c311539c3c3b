import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

// `npm run env`: a .env for Compose, with new secrets in every empty place of .env.example.

const ROOT = join(import.meta.dirname, "..", "..");

const secret = (): string => randomBytes(32).toString("base64url");

/** The example with a new secret for each variable it leaves empty. */
export const fillSecrets = (example: string): string =>
  example.replaceAll(/^([A-Z_]+)=$/gm, (_, name: string) =>
    name === "JWT_KEYS" ? `${name}=compose-1=${secret()}` : `${name}=${secret()}`,
  );

const main = async (): Promise<void> => {
  const filled = fillSecrets(await readFile(join(ROOT, ".env.example"), "utf8"));
  try {
    await writeFile(join(ROOT, ".env"), filled, { flag: "wx", mode: 0o600 });
    console.log(".env written. Now: docker compose up --build");
  } catch {
    console.error("There is a .env already; it stays as it is. Remove it first to begin anew.");
    process.exitCode = 1;
  }
};

if (import.meta.main) await main();
