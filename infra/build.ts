import { glob, rm } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";

const ROOT = join(import.meta.dirname, "..");

/**
 * Bundles every handler into `.build/`, split: what handlers share lands in shared chunks, so that a
 * process that serves several of them has one pool and one metrics registry. Packages stay outside.
 */
export const buildFunctions = async (): Promise<readonly string[]> => {
  const outdir = join(ROOT, ".build");
  const entryPoints = await Array.fromAsync(glob("functions/*/handler.ts", { cwd: ROOT }));
  if (entryPoints.length === 0) throw new Error("There are no handlers to build.");
  await rm(outdir, { recursive: true, force: true });
  await build({
    absWorkingDir: ROOT,
    entryPoints: entryPoints.sort(),
    outbase: ".",
    outdir,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node24",
    packages: "external",
    sourcemap: true,
    logLevel: "error",
  });
  return entryPoints;
};

if (import.meta.main) {
  const built = await buildFunctions();
  console.log(`${built.length} handlers built into .build/`);
}
