import { glob, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { build, type OutputFile, stop } from "esbuild";
import { parse } from "yaml";

const ROOT = join(import.meta.dirname, "..");

const OUT = join(ROOT, ".build");

type Services = Readonly<Record<string, Readonly<Record<string, { readonly handler: string }>>>>;

/** The handler files that serverless.yml names. */
const namedHandlers = async (): Promise<ReadonlySet<string>> => {
  const text = await readFile(join(ROOT, "serverless.yml"), "utf8");
  const { custom } = parse(text) as { readonly custom: { readonly services: Services } };
  const functions = Object.values(custom.services).flatMap((service) => Object.values(service));
  return new Set(functions.map(({ handler }) => handler.replace(/^\.build\/(.*)\.\w+$/, "$1.ts")));
};

/** A file appears as a whole or not at all, because a service may start at this moment. */
const writeWhole = async ({ path, contents }: OutputFile): Promise<void> => {
  const kept = await readFile(path).catch(() => undefined);
  if (kept?.equals(contents)) return;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.new`, contents);
  await rename(`${path}.new`, path);
};

const removeOthers = async (files: readonly OutputFile[]): Promise<void> => {
  const kept = new Set(files.map(({ path }) => relative(OUT, path)));
  for (const entry of await readdir(OUT, { recursive: true, withFileTypes: true })) {
    const path = relative(OUT, join(entry.parentPath, entry.name));
    if (entry.isFile() && !kept.has(path)) await rm(join(OUT, path), { force: true });
  }
};

/**
 * Bundles every handler into `.build/`, split: the modules that handlers share are in shared
 * chunks, so that a process that serves several handlers has one pool and one metrics registry.
 * Packages are not bundled. Throws a message when serverless.yml and the function folders disagree.
 */
export const buildFunctions = async (): Promise<number> => {
  const found = new Set(await Array.fromAsync(glob("functions/*/handler.ts", { cwd: ROOT })));
  const named = await namedHandlers();
  const missing = [...named].filter((file) => !found.has(file));
  if (missing.length > 0)
    throw new Error(`serverless.yml names handlers that do not exist: ${missing.join(", ")}`);
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: [...named].sort(),
    outbase: ".",
    outdir: OUT,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node24",
    packages: "external",
    sourcemap: true,
    logLevel: "error",
    write: false,
  });
  // Chunks before the handlers that import them.
  for (const file of outputFiles.toSorted((a, b) => a.path.length - b.path.length))
    await writeWhole(file);
  await removeOthers(outputFiles);
  await stop(); // otherwise esbuild's process would stay as long as this one
  return named.size;
};

if (import.meta.main) console.log(`${await buildFunctions()} handlers built into .build/`);
