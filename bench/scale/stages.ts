import assert from "node:assert/strict";
import { reportOrders } from "../../functions/notify/report-orders.ts";
import type { ClientId } from "../../layers/domain/identifiers.ts";
import { createSeal } from "../../layers/platform/credentials/seal.ts";
import { newUuid } from "../../layers/platform/ids.ts";
import { sealBlock } from "../../layers/store/audit/audit-chain.ts";
import { sequenceCommands } from "../../layers/store/matching/command-outbox.ts";
import { decodeCommand, readCommands } from "../../layers/store/matching/commands.ts";
import { numberActivities } from "../../layers/store/notifications/activities.ts";
import { acceptOrders } from "../../layers/store/orders/accept-orders.ts";
import { type Database, sql } from "../../layers/store/pg/database.ts";
import { cpuSeconds } from "../orders/cpu.ts";
import { clientsOfSymbol, type Market, SYMBOLS } from "../orders/market.ts";
import { newPairs, openSymbol, settleAll } from "../orders/settle.ts";

/** What a stage costs for each order or trade. */
type Stage = {
  readonly stage: string;
  readonly unit: string;
  readonly units: number;
  readonly processUs: number;
  readonly databaseUs: number;
  /** Bytes of write-ahead log, most of them without the page images that follow a checkpoint. */
  readonly walBytes: number;
};

/** How a table grew, in bytes for each accepted order. */
type Growth = { readonly table: string; readonly bytes: number };

type Work = { readonly stage: string; readonly unit: string; readonly run: () => Promise<number> };

/**
 * Takes orders through every stage, one stage after the other, half of them accepted alone and half in
 * batches; every pair trades. Measures each stage, and how the tables grew in all.
 */
export const measureStages = async (
  market: Market,
  { orders, serverPid }: { readonly orders: number; readonly serverPid: number },
): Promise<{ readonly stages: readonly Stage[]; readonly growth: readonly Growth[] }> => {
  const { database } = market;
  await giveAddresses(database, clientsOfSymbol(market.clients, 0));
  const before = await tableSizes(database);
  const stages: Stage[] = [];
  for (const work of stagesOf(market, orders))
    stages.push(await measureStage(database, serverPid, work));
  const after = await tableSizes(database);
  const growth = [...after]
    .map(([table, size]) => ({
      table,
      bytes: Math.round((size - (before.get(table) ?? 0)) / orders),
    }))
    .filter(({ bytes }) => bytes > 0)
    .toSorted((left, right) => right.bytes - left.bytes);
  return { stages, growth };
};

const stagesOf = ({ database, clients }: Market, orders: number): readonly Work[] => {
  const everybody = clientsOfSymbol(clients, 0);
  const pairsPerSymbol = orders / SYMBOLS.length / 2;
  const accept = (size: number) => async (): Promise<number> => {
    for (const symbol of SYMBOLS) {
      const pairs = newPairs(everybody, symbol, pairsPerSymbol);
      for (let from = 0; from < pairs.length; from += size)
        for (const verdict of await acceptOrders(database, pairs.slice(from, from + size)))
          assert.equal(verdict.kind, "accepted");
    }
    return orders / 2;
  };
  const deps = { database, newId: newUuid, seal: createSeal("b".repeat(64)) };
  return [
    { stage: "accept, alone", unit: "order", run: accept(1) },
    { stage: "accept, 128 at once", unit: "order", run: accept(128) },
    { stage: "relay (number commands)", unit: "order", run: () => sequence(database) },
    { stage: "match and settle", unit: "trade", run: () => settleEverything(database) },
    {
      stage: "number activities",
      unit: "row",
      run: () => repeat(() => numberActivities(database)),
    },
    {
      stage: "seal the audit",
      unit: "row",
      run: () => repeat(async () => (await sealBlock(database))?.rows ?? 0),
    },
    {
      stage: "write mails",
      unit: "order",
      run: () => repeat(() => reportOrders(deps, 20_000)),
    },
  ];
};

/** Repeats the step until it returns 0, and returns the sum of its results. */
const repeat = async (step: () => Promise<number>): Promise<number> => {
  let sum = 0;
  for (let done = await step(); done > 0; done = await step()) sum += done;
  return sum;
};

const sequence = async (database: Database): Promise<number> => {
  const { rows } = await database.query<{ readonly shard: number; readonly epoch: bigint }>(
    sql`select shard, epoch from trading.shard`,
  );
  const leases = rows.map(({ shard, epoch }) => ({ shard, epoch: Number(epoch) }));
  return repeat(async () => (await sequenceCommands(database, leases)).length);
};

const settleEverything = async (database: Database): Promise<number> => {
  const trades = SYMBOLS.map(async (symbol) => {
    const opened = await openSymbol(database, symbol);
    const rows = await readCommands(database, symbol, opened.owned.book.lastSeq, 1_000_000);
    opened.commands = rows.map(decodeCommand);
    return settleAll(database, opened);
  });
  return (await Promise.all(trades)).reduce((sum, count) => sum + count, 0);
};

const measureStage = async (
  database: Database,
  serverPid: number,
  { stage, unit, run }: Work,
): Promise<Stage> => {
  const read = async () => ({
    database: await cpuSeconds(serverPid),
    process: process.cpuUsage(),
    wal: await walPosition(database),
  });
  const before = await read();
  const units = await run();
  const after = await read();
  const spent = process.cpuUsage(before.process);
  return {
    ...{ stage, unit, units },
    processUs: Math.round((spent.user + spent.system) / units),
    databaseUs: Math.round(((after.database - before.database) * 1_000_000) / units),
    walBytes: Math.round((after.wal - before.wal) / units),
  };
};

const walPosition = async (database: Database): Promise<number> => {
  const { rows } = await database.query<{ readonly bytes: string }>(
    sql`select (pg_current_wal_lsn() - '0/0')::text as bytes`,
  );
  return Number(rows[0]?.bytes);
};

/** Tables with their indexes, in bytes. */
const tableSizes = async (database: Database): Promise<ReadonlyMap<string, number>> => {
  const { rows } = await database.query<{ readonly table: string; readonly bytes: bigint }>(sql`
    select schemaname || '.' || relname as table, pg_total_relation_size(relid) as bytes
    from pg_stat_user_tables`);
  return new Map(rows.map(({ table, bytes }) => [table, Number(bytes)]));
};

/** Mails go to clients with an address; the market's clients have none. */
const giveAddresses = async (database: Database, clients: readonly ClientId[]): Promise<void> => {
  await database.query(sql`
    insert into identity.client (
      client_id, email, email_key, first_name, last_name, date_of_birth, password_hash, status,
      verified_at)
    select client_id, client_id || '@bench.example', client_id || '@bench.example', 'Bench', 'Client',
      '1990-01-01', 'none', 'active', now()
    from unnest(${clients}::uuid[]) as client_id`);
};
