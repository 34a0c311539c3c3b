import { createHash } from "node:crypto";
import { ADVISORY_LOCKS } from "../pg/advisory-locks.ts";
import { type Database, type Executor, sql, type Transaction } from "../pg/database.ts";

/** The most rows in a block; the rows of one transaction are never split. */
const BLOCK_ROWS_MAX = 2_000;

/** An audit row in the chain: every column, as text in a canonical form. */
type AuditRow = {
  readonly audit_id: bigint;
  readonly xact: bigint;
  readonly client_id: string | null;
  readonly action: string;
  readonly subject: string;
  readonly correlation_id: string;
  readonly facts: string;
  readonly created_at: string;
};

/** A sealed block: its rows, the hash of each, and the hash that the next block includes. */
type AuditBlock = {
  readonly blockNo: bigint;
  /**
   * The block has all rows of transactions from the previous block's number up to below this
   * number.
   */
  readonly untilXact: bigint;
  readonly rowIds: readonly bigint[];
  readonly rowHashes: Buffer;
  readonly previousHash: Buffer;
  readonly hash: Buffer;
};

/** The hash that the next block includes. */
type Link = Pick<AuditBlock, "blockNo" | "untilXact" | "hash">;

const BEFORE_THE_FIRST: Link = { blockNo: 0n, untilXact: 0n, hash: Buffer.alloc(32) };

/** SHA-256 of the whole content of a row. */
const hashRow = (row: AuditRow): Buffer =>
  createHash("sha256")
    .update(
      JSON.stringify([
        ...[row.audit_id.toString(), row.xact.toString(), row.client_id, row.action, row.subject],
        ...[row.correlation_id, row.facts, row.created_at],
      ]),
    )
    .digest();

/** SHA-256 of the whole content of a block, including the hash of the block before it. */
const hashBlock = (block: Omit<AuditBlock, "hash">): Buffer =>
  createHash("sha256")
    .update(`${block.blockNo} ${block.untilXact} ${block.rowIds.join(",")}\n`)
    .update(block.previousHash)
    .update(block.rowHashes)
    .digest();

/** The rows of some transactions, in the order of a block. */
const readAuditRows = async (
  db: Executor,
  range: { readonly fromXact: bigint; readonly untilXact: bigint; readonly limit: number },
): Promise<readonly AuditRow[]> => {
  const { rows } = await db.query<AuditRow>(sql`
    select audit_id, xact, client_id, action, subject, correlation_id, facts::text as facts,
      (extract(epoch from created_at) * 1000000)::bigint::text as created_at
    from trading.audit
    where xact >= ${range.fromXact} and xact < ${range.untilXact}
    order by xact, audit_id
    limit ${range.limit}`);
  return rows;
};

/** The blocks after the given block, in their order. */
const readBlocks = async (
  db: Executor,
  after: bigint,
  limit: number,
): Promise<readonly AuditBlock[]> => {
  const { rows } = await db.query<{
    readonly block_no: bigint;
    readonly until_xact: bigint;
    readonly row_ids: readonly string[];
    readonly row_hashes: Buffer;
    readonly previous_hash: Buffer;
    readonly hash: Buffer;
  }>(sql`
    select block_no, until_xact, row_ids::text[] as row_ids, row_hashes, previous_hash, hash
    from trading.audit_block
    where block_no > ${after}
    order by block_no
    limit ${limit}`);
  return rows.map((row) => ({
    blockNo: row.block_no,
    untilXact: row.until_xact,
    rowIds: row.row_ids.map(BigInt),
    rowHashes: row.row_hashes,
    previousHash: row.previous_hash,
    hash: row.hash,
  }));
};

/** The result of sealing: undefined when there was nothing new or another process is sealing. */
export type Sealed = { readonly rows: number; readonly hash: Buffer };

/**
 * Puts the audit rows that are not in a block yet into a new block. It takes the transactions below
 * the oldest running one: all of their rows are visible, and no more can come. Returns undefined
 * when there is nothing to seal.
 */
export const sealBlock = (database: Database): Promise<Sealed | undefined> =>
  database.transaction(async (tx) => {
    const { rows } = await tx.query<{ readonly alone: boolean }>(
      sql`select pg_try_advisory_xact_lock(${ADVISORY_LOCKS.sealAudit}) as alone`,
    );
    if (rows[0]?.alone !== true) return undefined;
    const head = await readHead(tx);
    const settled = await oldestRunning(tx);
    if (settled < head.untilXact)
      throw new Error(
        "The transaction counter went back: this database was restored from a logical copy, and its audit chain ends here.",
      );
    const taken = await takeRows(tx, head.untilXact, settled);
    if (taken.rows.length === 0) return undefined;
    const block = {
      blockNo: head.blockNo + 1n,
      untilXact: taken.until,
      rowIds: taken.rows.map(({ audit_id }) => audit_id),
      rowHashes: Buffer.concat(taken.rows.map(hashRow)),
      previousHash: head.hash,
    };
    const hash = hashBlock(block);
    await insertBlock(tx, { ...block, hash });
    return { rows: block.rowIds.length, hash };
  });

/** The end of the chain: its last block, or the start value before the first. */
const readHead = async (tx: Transaction): Promise<Link> => {
  const { rows } = await tx.query<{
    readonly block_no: bigint;
    readonly until_xact: bigint;
    readonly hash: Buffer;
  }>(sql`
    select block_no, until_xact, hash from trading.audit_block order by block_no desc limit 1`);
  const last = rows[0];
  return last === undefined
    ? BEFORE_THE_FIRST
    : { blockNo: last.block_no, untilXact: last.until_xact, hash: last.hash };
};

/**
 * The oldest running transaction. All transactions below it have ended, and a statement that begins
 * later sees everything they committed.
 */
const oldestRunning = async (tx: Transaction): Promise<bigint> => {
  const { rows } = await tx.query<{ readonly oldest: bigint }>(sql`
    select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as oldest`);
  if (rows[0] === undefined) throw new Error("the database has no snapshot");
  return rows[0].oldest;
};

/** The rows of a block. A transaction that is too large for a block gets its own. */
const takeRows = async (
  tx: Transaction,
  fromXact: bigint,
  settled: bigint,
): Promise<{ readonly rows: readonly AuditRow[]; readonly until: bigint }> => {
  const limit = BLOCK_ROWS_MAX + 1;
  const found = await readAuditRows(tx, { fromXact, untilXact: settled, limit });
  const last = found.at(-1);
  if (found.length < limit || last === undefined) return { rows: found, until: settled };
  const whole = found.filter(({ xact }) => xact !== last.xact);
  if (whole.length > 0) return { rows: whole, until: last.xact };
  const until = last.xact + 1n;
  const all = { fromXact: last.xact, untilXact: until, limit: Number.MAX_SAFE_INTEGER };
  return { rows: await readAuditRows(tx, all), until };
};

const insertBlock = async (tx: Transaction, block: AuditBlock): Promise<void> => {
  await tx.query(sql`
    insert into trading.audit_block (
      block_no, until_xact, row_ids, row_hashes, previous_hash, hash)
    values (${block.blockNo}, ${block.untilXact}, ${block.rowIds.map(String)}::text[]::bigint[],
      ${block.rowHashes}, ${block.previousHash}, ${block.hash})`);
};

/** The result of checking the whole chain. `fault` names the first place where it is broken. */
type AuditVerdict = {
  readonly blocks: number;
  readonly rows: number;
  /** Rows that are not sealed yet, which the chain does not protect. */
  readonly unsealed: number;
  /** The hash of the last block. Stored elsewhere, it proves that the chain was not rebuilt. */
  readonly head: string;
  readonly fault: string | undefined;
};

const BLOCKS_READ = 100;

/**
 * Checks every block against the block before it and every row against its block, from the first
 * on. With a hash that was logged when a block was sealed, it also checks that this block still
 * exists.
 */
export const verifyAudit = async (db: Executor, logged?: string): Promise<AuditVerdict> => {
  let previous = BEFORE_THE_FIRST;
  let rows = 0;
  let found = logged === undefined;
  const verdict = async (fault: string | undefined): Promise<AuditVerdict> => ({
    blocks: Number(previous.blockNo),
    rows,
    unsealed: await countUnsealed(db, previous.untilXact),
    head: previous.hash.toString("hex"),
    fault,
  });
  for (;;) {
    const blocks = await readBlocks(db, previous.blockNo, BLOCKS_READ);
    if (blocks.length === 0) return verdict(found ? undefined : `no block has the hash ${logged}`);
    for (const block of blocks) {
      const fault = faultOfBlock(block, previous) ?? (await faultOfRows(db, block, previous));
      if (fault !== undefined) return verdict(fault);
      rows += block.rowIds.length;
      found ||= block.hash.toString("hex") === logged;
      previous = block;
    }
  }
};

const faultOfBlock = (block: AuditBlock, previous: Link): string | undefined => {
  if (block.blockNo !== previous.blockNo + 1n) return `block ${previous.blockNo + 1n} is missing`;
  if (!block.previousHash.equals(previous.hash))
    return `block ${block.blockNo} does not follow block ${previous.blockNo}`;
  return hashBlock(block).equals(block.hash) ? undefined : `block ${block.blockNo} was changed`;
};

const faultOfRows = async (
  db: Executor,
  block: AuditBlock,
  previous: Link,
): Promise<string | undefined> => {
  const range = { fromXact: previous.untilXact, untilXact: block.untilXact };
  // Reads one row more than expected, which is enough to find an inserted row.
  const found = await readAuditRows(db, { ...range, limit: block.rowIds.length + 1 });
  const place = (rowId: bigint | undefined) => `row ${rowId} (block ${block.blockNo})`;
  for (const [index, rowId] of block.rowIds.entries()) {
    const row = found[index];
    if (row?.audit_id !== rowId)
      return row !== undefined && !block.rowIds.includes(row.audit_id)
        ? `${place(row.audit_id)} was inserted later`
        : `${place(rowId)} is missing or out of its place`;
    const hash = block.rowHashes.subarray(32 * index, 32 * (index + 1));
    if (!hashRow(row).equals(hash)) return `${place(rowId)} was changed`;
  }
  const extra = found[block.rowIds.length];
  return extra === undefined ? undefined : `${place(extra.audit_id)} was inserted later`;
};

const countUnsealed = async (db: Executor, fromXact: bigint): Promise<number> => {
  const { rows } = await db.query<{ readonly unsealed: bigint }>(sql`
    select count(*) as unsealed from trading.audit where xact >= ${fromXact}`);
  return Number(rows[0]?.unsealed ?? 0n);
};
