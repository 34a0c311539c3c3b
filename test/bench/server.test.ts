import assert from "node:assert/strict";
import { test } from "node:test";
import pg from "pg";
import { startBenchServer } from "../../bench/server.ts";
import { ROLES } from "../../infra/postgres/roles.ts";

test("a benchmark gets a database with the schema, in which it may act as each service", async () => {
  const server = await startBenchServer();
  try {
    const client = new pg.Client({ connectionString: server.url("brokerx") });
    await client.connect();
    try {
      for (const role of ROLES) {
        await client.query(`set role brokerx_${role}`);
        const { rows } = await client.query("select current_user as user");
        assert.deepEqual(rows, [{ user: `brokerx_${role}` }]);
        await client.query("reset role");
      }
      const { rows } = await client.query("select count(*)::int as shards from trading.shard");
      assert.deepEqual(rows, [{ shards: 4 }]);
    } finally {
      await client.end();
    }
  } finally {
    await server.stop();
  }
});
