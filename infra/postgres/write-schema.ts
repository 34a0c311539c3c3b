import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { startPostgres } from "../local/postgres/postgres.ts";
import { migrate } from "./migrate.ts";
import { printSchema, SCHEMA_FILE } from "./print-schema.ts";

// Writes schema.sql, the whole schema as PostgreSQL understood it: `npm run schema`.

const PORT = 54_329;

const folder = await mkdtemp(join(tmpdir(), "brokerx-schema-"));
const server = await startPostgres({ folder, port: PORT, password: "schema" });
const client = new pg.Client({ connectionString: server.url("postgres") });
try {
  await migrate(server.url("postgres"));
  await client.connect();
  await writeFile(SCHEMA_FILE, await printSchema(client));
} finally {
  await client.end();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}
