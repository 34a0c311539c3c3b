import { spawn } from "node:child_process";
import { glob, mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres } from "../../infra/local/postgres/postgres.ts";
import { migrate } from "../../infra/postgres/migrate.ts";
import { ROLES } from "../../infra/postgres/roles.ts";
import { TEMPLATE_DATABASE } from "../../layers/testing/database.ts";
import { freePort } from "../../layers/testing/free-port.ts";
import { execute, openRoles } from "../../layers/testing/server.ts";

// Runs the test suites: all with `npm test`, or those of `npm test -- <file> …`. Starts a PostgreSQL for
// each file that can run at the same time, in a temporary folder, and leaves nothing behind.

/** A test that hangs fails, with its name; so does a file whose process does not end. */
const TIMEOUTS = [
  `--import=${new URL("./overtime.ts", import.meta.url)}`,
  `--test-timeout=${10 * 60_000}`,
];
/** Files run in parallel, each in its own process; most of them wait a lot. */
const CONCURRENCY = Number(
  process.env["BROKERX_TEST_CONCURRENCY"] || Math.max(2, availableParallelism()),
);
/** The compile cache, shared by all test processes and their children and kept between runs. */
const COMPILE_CACHE = join(import.meta.dirname, "../../node_modules/.cache/brokerx-compile");
const PASSWORD = "test";
const SUITES = "{layers,functions,matcher,infra,sdk,test}/**/*.test.ts";

const runTests = (
  files: readonly string[],
  flags: readonly string[],
  urls: readonly string[],
): Promise<number> =>
  new Promise((resolve) => {
    const options = [`--test-concurrency=${CONCURRENCY}`, ...TIMEOUTS, ...flags];
    const child = spawn(process.execPath, ["--test", ...options, ...files], {
      stdio: "inherit",
      env: {
        NODE_COMPILE_CACHE: COMPILE_CACHE,
        ...process.env,
        BROKERX_TEST_SERVERS: urls.join(" "),
      },
    });
    for (const signal of ["SIGINT", "SIGTERM"] as const)
      process.on(signal, () => child.kill(signal));
    child.on("close", (code) => resolve(code ?? 1));
  });

/** Starts a PostgreSQL server with a migrated template, from which test files clone databases. */
const startServer = async (stack: AsyncDisposableStack): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), "brokerx-test-"));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const server = await startPostgres({
    folder,
    port: await freePort(),
    password: PASSWORD,
    settings: { max_connections: "300" },
  });
  stack.defer(server.stop);
  await execute(server.url("postgres"), `create database ${TEMPLATE_DATABASE}`);
  await migrate(server.url(TEMPLATE_DATABASE));
  await openRoles(server.url("postgres"), ROLES, PASSWORD);
  return server.url("postgres");
};

const main = async (): Promise<number> => {
  const args = process.argv.slice(2);
  const flags = args.filter((arg) => arg.startsWith("--"));
  const named = args.filter((arg) => !arg.startsWith("--"));
  const files = (await Array.fromAsync(glob(named.length > 0 ? named : SUITES))).sort();
  if (files.length === 0) throw new Error(`There is no test file ${named.join(", ")}.`);
  if (!Number.isInteger(CONCURRENCY) || CONCURRENCY < 1)
    throw new Error("BROKERX_TEST_CONCURRENCY must be a whole number above zero.");
  let isStopped = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => {
      isStopped = true;
    });
  await using stack = new AsyncDisposableStack();
  const urls: string[] = [];
  while (urls.length < Math.min(CONCURRENCY, files.length) && !isStopped)
    urls.push(await startServer(stack));
  return isStopped ? 130 : await runTests(files, flags, urls);
};

process.exitCode = await main();
