import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { startPostgres } from "../local/postgres/postgres.ts";
import { migrate } from "./migrate.ts";
import { printSchema, SCHEMA_FILE } from "./print-schema.ts";

// Writes schema.sql, the whole schema read back from PostgreSQL: `npm run schema`.

const PORT = 54_329;

const withClient = async (url: string, work: (client: pg.Client) => Promise<void>) => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await work(client).finally(() => client.end());
};

const folder = await mkdtemp(join(tmpdir(), "brokerx-schema-"));
const server = await startPostgres({ folder, port: PORT, password: "schema" });
try {
  await withClient(server.url("postgres"), async (client) => {
    await client.query("create database schema_to_print");
  });
  await migrate(server.url("schema_to_print"));
  await withClient(server.url("schema_to_print"), async (client) => {
    await writeFile(SCHEMA_FILE, await printSchema(client));
  });
} finally {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}
