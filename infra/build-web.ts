import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { glob, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const ROOT = join(import.meta.dirname, "..");
const DIST = join(ROOT, "web/dist");
const MARK = "built-from.txt";
const INPUTS = [
  "web/{index.html,vite.config.ts,tsconfig.json}",
  "web/{src,public}/**/*",
  "sdk/*.ts",
  "package-lock.json",
];

/** Identifies what the page is built from: its files and the versions of its packages. */
const inputsHash = async (): Promise<string> => {
  const found = await Array.fromAsync(glob(INPUTS, { cwd: ROOT, withFileTypes: true }));
  const paths = found
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  const hash = createHash("sha256");
  for (const path of paths.sort()) hash.update(path).update(await readFile(path));
  return hash.digest("hex");
};

const isBuiltFrom = async (hash: string): Promise<boolean> => {
  const mark = await readFile(join(DIST, MARK), "utf8").catch(() => "");
  return mark === hash;
};

/** Two systems may start from one folder at the same time, so a build replaces the page in one step. */
const replacePage = async (built: string): Promise<void> => {
  const old = `${built}-old`;
  await rename(DIST, old).catch(() => undefined);
  await rename(built, DIST).catch(() => undefined); // another process built the same page first
  await Promise.all([built, old].map((path) => rm(path, { recursive: true, force: true })));
};

/** Builds the web page into `web/dist` unless it is there and current. Returns whether it built. */
export const buildWebPage = async (): Promise<boolean> => {
  const hash = await inputsHash();
  if (await isBuiltFrom(hash)) return false;
  const built = join(ROOT, `web/dist-${process.pid}`);
  const vite = join(ROOT, "node_modules/vite/bin/vite.js");
  await promisify(execFile)(
    process.execPath,
    [vite, "build", "web", "--outDir", built, "--logLevel", "warn"],
    { cwd: ROOT },
  );
  await writeFile(join(built, MARK), hash);
  await replacePage(built);
  return true;
};

if (import.meta.main)
  console.log((await buildWebPage()) ? "The web page is built." : "The web page is current.");
