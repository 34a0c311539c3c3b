import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { sealAudit } from "../../functions/seal-audit/seal-audit.ts";
import { startPostgres } from "../../infra/local/postgres/postgres.ts";
import { createLogger } from "../../layers/platform/logger.ts";
import { verifyAudit } from "../../layers/store/audit/audit-chain.ts";
import { openDatabase, sql } from "../../layers/store/pg/database.ts";
import { freePort } from "../../layers/testing/free-port.ts";
import { until } from "../../layers/testing/until.ts";
import { findPlace, launch, runProgram } from "../support/launcher.ts";
import { findFolder } from "../support/tools.ts";

// The commands of docs/operating/backup.md: a dump of a system that trades is restored into another
// server, where audit, ledger and reports are whole; and a copy of a stopped laptop's folder starts.

const ROOT = join(import.meta.dirname, "..", "..");
const client = findFolder("postgresql-client", "PG_BIN");
const noClient = "missing" in client && client.missing;
const folder = await mkdtemp(join(tmpdir(), "brokerx-backup-"));
const place = await findPlace();
const stops: (() => Promise<unknown>)[] = [];

after(async () => {
  for (const stop of stops.reverse()) await stop();
  await rm(folder, { recursive: true, force: true });
  await rm(place.home, { recursive: true, force: true });
});

const open = (url: string) => {
  const database = openDatabase({ url, poolSize: 2, applicationName: "backup test" });
  stops.push(() => database.end());
  return database;
};

/** Starts a laptop system and returns how to stop it. */
const start = async (env = place.env): Promise<() => Promise<void>> => {
  const system = launch(env, ["--market=busy"]);
  await system.says(/BrokerX is ready in/, 120_000);
  return async () => {
    system.child.kill("SIGTERM");
    await system.ended;
  };
};

let stop = async (): Promise<void> => {};
before(async () => {
  stop = await start();
  stops.push(stop);
});

const ownerUrl = async (): Promise<string> => {
  const secrets = JSON.parse(await readFile(join(place.home, "secrets.json"), "utf8")) as {
    readonly ownerPassword: string;
  };
  return `postgres://brokerx_owner:${secrets.ownerPassword}@127.0.0.1:${place.ports.postgres}/brokerx`;
};

const tradesOf = async (database: ReturnType<typeof open>): Promise<number> => {
  const { rows } = await database.query<{ trades: bigint }>(
    sql`select count(*) as trades from trading.trade`,
  );
  return Number(rows[0]?.trades);
};

const transactionOf = async (database: ReturnType<typeof open>): Promise<bigint> => {
  const { rows } = await database.query<{ current: bigint }>(
    sql`select pg_current_xact_id()::text::bigint as current`,
  );
  return rows[0]?.current ?? 0n;
};

/** Uses up transaction numbers, as years of trading do. */
const age = (database: ReturnType<typeof open>) =>
  database.query(sql`
    do $$ begin
      for round in 1..20000 loop perform pg_current_xact_id(); commit; end loop;
    end $$`);

const shownCommands = async (): Promise<string> => {
  const page = await readFile(join(ROOT, "docs/operating/backup.md"), "utf8");
  const blocks = [...page.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, block = ""]) => block);
  assert.equal(blocks.length, 3);
  return blocks.join("\n");
};

const runShown = (env: Readonly<Record<string, string>>, bin: string, script: string): string => {
  const npm = `npm() { (cd "${ROOT}" && command npm "$@"); }\n`;
  const { status, stdout, stderr } = spawnSync("bash", ["-euo", "pipefail"], {
    ...{ cwd: folder, encoding: "utf8", input: npm + script },
    env: { ...process.env, ...env, PATH: `${bin}:${process.env["PATH"]}` },
  });
  assert.equal(status, 0, `${stdout}\n${stderr}`);
  return stdout;
};

test("a dump of a trading system is complete after it was restored into another server", {
  skip: noClient,
}, async () => {
  assert.ok("path" in client);
  const owner = await ownerUrl();
  const old = open(owner);
  await age(old);
  await until(async () => (await tradesOf(old)) > 20, "trades", 60_000);
  const wrote = await transactionOf(old);
  const port = await freePort();
  const server = await startPostgres({ folder: join(folder, "new"), port, password: "restored" });
  stops.push(server.stop);
  await symlink(join(ROOT, "infra"), join(folder, "infra"));

  const shown = await shownCommands();
  const output = runShown(
    { OWNER: owner, NEW: server.url("").replace(/\/$/, "") },
    client.path,
    shown,
  );
  assert.match(output, /The audit chain is intact: \d+ rows in \d+ blocks/);
  assert.match(output, /\d+ reports of \d+ clients agree with the journal/);
  assert.equal(output.match(/\(0 rows\)/g)?.length, 2, output);
  assert.match(output, /USD\s*\|\s*0\n/);

  const restored = open(server.url("brokerx"));
  assert.ok((await tradesOf(restored)) > 20);
  assert.ok((await transactionOf(restored)) > wrote - 20_000n, "the old server was far ahead");
  await restored.query(sql`
    insert into trading.audit (action, subject, correlation_id) values ('test', 'restored', 'test')`);
  await sealAudit({
    database: restored,
    logger: createLogger({ service: "test", level: "silent" }),
  });
  const { fault, unsealed } = await verifyAudit(restored);
  assert.deepEqual({ fault, unsealed }, { fault: undefined, unsealed: 0 });
});

test("a copy of a stopped laptop's folder starts with the same data", async () => {
  await stop();
  const copy = join(folder, "copy");
  assert.equal(spawnSync("cp", ["-a", place.home, copy]).status, 0);
  const env = { ...place.env, BROKERX_HOME: copy };
  const stopCopy = await start(env);
  try {
    assert.equal(runProgram(env, ["audit-verify"]).code, 0);
    const told = runProgram(env, ["verify-reports"]);
    assert.match(told.stdout, /agree with the journal/);
  } finally {
    await stopCopy();
  }
});
