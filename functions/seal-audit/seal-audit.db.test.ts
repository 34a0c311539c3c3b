import assert from "node:assert/strict";
import { after, test } from "node:test";
import { newUuid } from "../../layers/platform/ids.ts";
import { recordAudit } from "../../layers/store/audit/audit.ts";
import { sealBlock, verifyAudit } from "../../layers/store/audit/audit-chain.ts";
import { type Database, openDatabase, type Sql, sql } from "../../layers/store/pg/database.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { asRole } from "../../layers/testing/http.ts";
import { testLogger } from "../../layers/testing/logger.ts";
import { until } from "../../layers/testing/until.ts";
import { sealAudit } from "./seal-audit.ts";

const database = await testDatabase();
const open = (role: string): Database => {
  const opened = openDatabase({
    url: asRole(database.url, role),
    poolSize: 4,
    applicationName: `test ${role}`,
  });
  after(() => opened.end());
  return opened;
};
const scheduler = open("brokerx_scheduler");
const logger = testLogger();
const seal = () => sealAudit({ database: scheduler, logger });

/** Seals everything; other tests on this server may hold the oldest transaction for a moment. */
const sealAll = async (): Promise<number> => {
  let rows = 0;
  await until(async () => {
    rows += await seal();
    return (await verifyAudit(scheduler)).unsealed === 0;
  }, "every row is sealed");
  return rows;
};

const act = (action: string, executor: Pick<Database, "query"> = database): Promise<void> =>
  recordAudit(executor, {
    ...{ clientId: undefined, action, subject: newUuid(), correlationId: "test" },
    facts: { amount: 3, why: "because" },
  });

/** Changes that the owner could make to the tables on purpose, with their triggers disabled. */
const tamper = async (...statements: readonly Sql[]): Promise<void> =>
  database.transaction(async (tx) => {
    await tx.query(sql`alter table trading.audit disable trigger user`);
    await tx.query(sql`alter table trading.audit_block disable trigger user`);
    for (const statement of statements) await tx.query(statement);
    await tx.query(sql`alter table trading.audit enable always trigger audit_is_append_only`);
    await tx.query(sql`
      alter table trading.audit_block enable always trigger audit_block_is_append_only`);
  });

const idOf = async (action: string): Promise<bigint> => {
  const { rows } = await database.query<{ audit_id: bigint }>(
    sql`select audit_id from trading.audit where action = ${action}`,
  );
  assert.ok(rows[0] !== undefined, action);
  return rows[0].audit_id;
};

/**
 * Makes a forbidden change, asserts that it is found, undoes it and asserts that the chain is
 * intact.
 */
const finds = async (expected: RegExp, harm: Sql, repair: Sql): Promise<void> => {
  await tamper(harm);
  const { fault } = await verifyAudit(scheduler);
  assert.match(fault ?? "nothing was found", expected);
  await tamper(repair);
  assert.equal((await verifyAudit(scheduler)).fault, undefined);
};

test("rows are sealed in blocks, and the chain of an unchanged system is intact", async () => {
  for (let count = 0; count < 4; count += 1) {
    await database.transaction(async (tx) => {
      for (let row = 0; row < 3; row += 1) await act(`honest_${count}_${row}`, tx);
    });
    assert.equal(await sealAll(), 3);
  }
  const { fault, blocks, rows, unsealed, head } = await verifyAudit(scheduler);
  assert.deepEqual(
    { fault, blocks, rows, unsealed },
    { fault: undefined, blocks: 4, rows: 12, unsealed: 0 },
  );
  assert.deepEqual(logger.lines.at(-1)?.facts, { rows: 3, head });
  assert.equal(await seal(), 0);
});

test("a row that was committed late is sealed later, and never skipped", async () => {
  const opened = Promise.withResolvers<void>();
  const finish = Promise.withResolvers<void>();
  const slow = database.transaction(async (tx) => {
    await act("slow", tx);
    opened.resolve();
    await finish.promise;
  });
  await opened.promise;
  await act("quick"); // has a higher number than the slow row, and commits first
  const early = await seal();
  finish.resolve();
  await slow;
  assert.equal(early, 0, "nothing beyond a running transaction is sealed");
  assert.ok((await idOf("slow")) < (await idOf("quick")));
  assert.equal(await sealAll(), 2);
});

test("many writers and two sealers at once seal every row exactly once", async () => {
  const before = await verifyAudit(scheduler);
  let writing = true;
  const sealing = [scheduler, open("brokerx_scheduler")].map(async (executor) => {
    while (writing) await sealBlock(executor);
  });
  const writers = Array.from({ length: 8 }, async (_, writer) => {
    for (let count = 0; count < 25; count += 1) await act(`writer_${writer}_${count}`);
  });
  await Promise.all(writers);
  writing = false;
  await Promise.all(sealing);
  await sealAll();
  const { fault, rows, blocks, unsealed } = await verifyAudit(scheduler);
  assert.deepEqual(
    { fault, rows, unsealed },
    { fault: undefined, rows: before.rows + 200, unsealed: 0 },
  );
  assert.ok(blocks > before.blocks + 2, "the sealers never sealed while rows were written");
});

test("a transaction with more rows than a block is sealed as a whole", async () => {
  await database.query(sql`
    insert into trading.audit (action, subject, correlation_id)
    select 'bulk', number::text, 'test' from generate_series(1, 2500) as number`);
  await act("after_the_bulk");
  assert.equal(await sealAll(), 2_501);
  assert.equal((await verifyAudit(scheduler)).fault, undefined);
});

test("a changed row is found and named", async () => {
  const id = await idOf("honest_1_1");
  const change = (action: string) =>
    sql`update trading.audit set action = ${action} where audit_id = ${id}`;
  await finds(
    new RegExp(`^row ${id} \\(block 2\\) was changed$`),
    change("innocent"),
    change("honest_1_1"),
  );
  await finds(
    new RegExp(`^row ${id} .* was changed$`),
    sql`update trading.audit set facts = facts || '{"amount": 4}' where audit_id = ${id}`,
    sql`update trading.audit set facts = facts || '{"amount": 3}' where audit_id = ${id}`,
  );
  await finds(
    new RegExp(`^row ${id} .* was changed$`),
    sql`update trading.audit set created_at = created_at + interval '1 microsecond' where audit_id = ${id}`,
    sql`update trading.audit set created_at = created_at - interval '1 microsecond' where audit_id = ${id}`,
  );
});

test("a deleted row is found and named, inside a block and at the end of the chain", async () => {
  for (const action of ["honest_2_1", "after_the_bulk"]) {
    const id = await idOf(action);
    const { rows } = await database.query<{ row: string }>(
      sql`select to_jsonb(audit)::text as row from trading.audit where audit_id = ${id}`,
    );
    await finds(
      new RegExp(`^row ${id} .* is missing`),
      sql`delete from trading.audit where audit_id = ${id}`,
      sql`insert into trading.audit overriding system value
          select * from jsonb_populate_record(null::trading.audit, ${rows[0]?.row}::jsonb)`,
    );
  }
});

test("a row that was inserted into a sealed block is found and named", async () => {
  const { rows } = await database.query<{ xact: bigint }>(
    sql`select xact from trading.audit where action = 'honest_2_1'`,
  );
  await finds(
    /^row 99999999 \(block 3\) was inserted later$/,
    sql`insert into trading.audit (audit_id, action, subject, correlation_id, xact)
        overriding system value values (99999999, 'forged', 'x', 'test', ${rows[0]?.xact})`,
    sql`delete from trading.audit where audit_id = 99999999`,
  );
});

test("two swapped rows are found", async () => {
  const [firstRow, secondRow] = [await idOf("honest_3_0"), await idOf("honest_3_2")];
  const swap = sql`
    update trading.audit as mine
    set action = theirs.action, subject = theirs.subject, created_at = theirs.created_at
    from trading.audit as theirs
    where (mine.audit_id = ${firstRow} and theirs.audit_id = ${secondRow})
       or (mine.audit_id = ${secondRow} and theirs.audit_id = ${firstRow})`;
  await finds(new RegExp(`^row ${firstRow} .* was changed$`), swap, swap);
});

test("a block that was changed, removed or rebuilt is found", async () => {
  const { rows } = await database.query<{ row: string }>(
    sql`select to_jsonb(audit_block)::text as row from trading.audit_block where block_no = 2`,
  );
  const restore = sql`
    insert into trading.audit_block
    select * from jsonb_populate_record(null::trading.audit_block, ${rows[0]?.row}::jsonb)
    on conflict (block_no) do update
    set row_hashes = excluded.row_hashes, hash = excluded.hash, until_xact = excluded.until_xact`;
  await finds(
    /^block 2 is missing$/,
    sql`delete from trading.audit_block where block_no = 2`,
    restore,
  );
  await finds(
    /^block 2 was changed$/,
    sql`update trading.audit_block set until_xact = until_xact + 1 where block_no = 2`,
    restore,
  );
  await finds(
    /^block 3 does not follow block 2$/,
    sql`update trading.audit_block
        set until_xact = until_xact + 1,
          hash = sha256(convert_to(block_no || ' ' || (until_xact + 1) || ' ' || array_to_string(row_ids, ',') || e'\\n', 'utf8')
            || previous_hash || row_hashes)
        where block_no = 2`,
    restore,
  );
});

test("a chain whose end was cut off is consistent, and is found by the hash that was logged", async () => {
  const head = async () => (await verifyAudit(scheduler)).head;
  const before = await head();
  await act("embarrassing");
  await sealAll();
  const logged = await head();
  assert.equal((await verifyAudit(scheduler, logged)).fault, undefined);
  assert.equal((await verifyAudit(scheduler, before)).fault, undefined);
  await tamper(
    sql`delete from trading.audit where action = 'embarrassing'`,
    sql`delete from trading.audit_block where hash = decode(${logged}, 'hex')`,
  );
  assert.equal((await verifyAudit(scheduler)).fault, undefined);
  assert.equal((await verifyAudit(scheduler, logged)).fault, `no block has the hash ${logged}`);
});

test("no service may change the audit log, and its owner cannot do so by mistake", async () => {
  for (const role of ["identity", "orders", "matcher", "admin", "scheduler"]) {
    const executor = open(`brokerx_${role}`);
    for (const statement of [
      sql`update trading.audit set action = 'x'`,
      sql`delete from trading.audit`,
      sql`update trading.audit_block set hash = previous_hash`,
      sql`delete from trading.audit_block`,
    ])
      await assert.rejects(executor.query(statement), /permission denied/, role);
  }
  await assert.rejects(database.query(sql`delete from trading.audit`), /append-only/);
  await assert.rejects(database.query(sql`truncate trading.audit`), /append-only/);
  await assert.rejects(database.query(sql`delete from trading.audit_block`), /append-only/);
});
