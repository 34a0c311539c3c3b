import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import pg from "pg";
import { testDatabase } from "../../layers/testing/database.ts";
import { migrate } from "./migrate.ts";
import { printSchema, SCHEMA_FILE } from "./print-schema.ts";

const database = await testDatabase();

const withClient = async <T>(work: (client: pg.Client) => Promise<T>): Promise<T> => {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
};

test("the migrations produce the committed schema.sql", async () => {
  const printed = await withClient(printSchema);
  const committed = await readFile(SCHEMA_FILE, "utf8");
  assert.equal(printed, committed, "run `npm run schema` and commit infra/postgres/schema.sql");
});

test("an up-to-date database is left unchanged", async () => {
  assert.equal(await migrate(database.url), 0);
});

test("a database of an earlier development version is refused with a message that says what to do", async () => {
  await withClient(async (client) => {
    await client.query(
      "update public.migration set name = '0001-roles-and-schemas.sql', checksum = 'former'",
    );
    await client.query(
      "insert into public.migration (version, name, checksum) values (17, '0017-names.sql', 'x')",
    );
  });
  await assert.rejects(migrate(database.url), /another version .* npm start -- --reset$/);
});
