import { spawn, spawnSync } from "node:child_process";
import { glob, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const LONGEST_SECONDS = 60;
const DEBIAN = "/usr/lib/postgresql/*/bin/pgbench";

/** The yardstick: PostgreSQL's own benchmark, against the same server. */
export type Pgbench = {
  /** Simple-update transactions a second (`-N`): update, select and insert of a row each. */
  readonly simpleUpdate: (clients: number, seconds: number) => Promise<number>;
  /** The same three statements, but all clients update the same row. */
  readonly hotRow: (clients: number, seconds: number) => Promise<number>;
  readonly version: string;
};

/** Finds pgbench and fills its tables; throws a message that says how to install it. */
export const preparePgbench = async (url: string, scale: number): Promise<Pgbench> => {
  const program = await findPgbench();
  await run(program, ["--initialize", "--quiet", `--scale=${scale}`, url]);
  const measure = async (
    clients: number,
    seconds: number,
    script: readonly string[],
  ): Promise<number> => {
    const load = [`--client=${clients}`, "--jobs=2", `--time=${seconds}`];
    const output = await run(program, ["-n", "-M", "prepared", ...load, ...script, url]);
    const rate = /tps = ([0-9.]+)/.exec(output)?.[1];
    if (rate !== undefined) return Number(rate);
    // On a very busy machine all the time can pass while the clients connect.
    if (seconds < LONGEST_SECONDS) return measure(clients, seconds * 2, script);
    throw new Error(`pgbench did not say how fast it was: ${output}`);
  };
  return {
    simpleUpdate: (clients, seconds) => measure(clients, seconds, ["-N"]),
    hotRow: (clients, seconds) =>
      withScript(HOT_ROW, (file) => measure(clients, seconds, [`--file=${file}`])),
    version: spawnSync(program, ["--version"], { encoding: "utf8" }).stdout.trim(),
  };
};

const HOT_ROW = `\\set delta random(-5000, 5000)
begin;
update pgbench_accounts set abalance = abalance + :delta where aid = 1;
select abalance from pgbench_accounts where aid = 1;
insert into pgbench_history (tid, bid, aid, delta, mtime) values (1, 1, 1, :delta, now());
end;
`;

const withScript = async <T>(text: string, use: (file: string) => Promise<T>): Promise<T> => {
  const folder = await mkdtemp(join(tmpdir(), "brokerx-pgbench-"));
  try {
    const file = join(folder, "script.sql");
    await writeFile(file, text);
    return await use(file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const findPgbench = async (): Promise<string> => {
  const installed = await Array.fromAsync(glob(DEBIAN));
  const found = ["pgbench", ...installed.sort().reverse()].find(
    (program) => spawnSync(program, ["--version"]).status === 0,
  );
  if (found === undefined)
    throw new Error(
      "pgbench was not found, and without it there is nothing to compare with. " +
        "It comes with PostgreSQL (Debian: apt-get install postgresql-contrib; macOS: brew install postgresql).",
    );
  return found;
};

const run = (program: string, args: readonly string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    let faults = "";
    child.stdout.on("data", (chunk) => {
      output += chunk;
    });
    child.stderr.on("data", (chunk) => {
      faults += chunk;
    });
    child.on("error", reject);
    child.on("close", (code) =>
      code === 0 ? resolve(output) : reject(new Error(`pgbench failed: ${faults.slice(0, 2_000)}`)),
    );
  });
