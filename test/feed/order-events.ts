import assert from "node:assert/strict";
import type { ClientId } from "../../layers/domain/identifiers.ts";
import { numberActivities } from "../../layers/store/notifications/activities.ts";
import { type Database, sql } from "../../layers/store/pg/database.ts";
import { until } from "../../layers/testing/until.ts";

/** The messages that a client of the channel receives. */
export type OrderEvent = {
  readonly type: "sequence" | "order" | "fill" | "balance" | "transfer" | "withdrawal";
  readonly event_id: number;
  readonly asset: string;
  readonly available: string | number;
  readonly held: string | number;
  readonly trade_id: string;
  readonly status: string;
  readonly order: {
    readonly order_id: string;
    readonly status: string;
    readonly lock_version: number;
    readonly pending_action: string | null;
    readonly quantity: number;
  };
};

/** Resolves when the channel has sent every event of the client. */
export const upToDate = async (
  database: Database,
  client: ClientId,
  last: () => number | undefined,
): Promise<void> => {
  while ((await numberActivities(database)) > 0);
  const { rows } = await database.query<{ event_id: bigint }>(
    sql`select event_id from trading.activity_sequence where client_id = ${client}`,
  );
  await until(() => last() === Number(rows[0]?.event_id), `event ${rows[0]?.event_id}`);
};

/**
 * Asserts that nothing is missing: neither the event numbers nor the versions of any order have a
 * gap.
 */
export const assertComplete = (events: readonly OrderEvent[], after: number): void => {
  assert.deepEqual(
    events.map(({ event_id }) => event_id),
    events.map((_, index) => after + index + 1),
  );
  const versions = Map.groupBy(
    events.flatMap(({ order: changed }) => (changed === undefined ? [] : [changed])),
    ({ order_id }) => order_id,
  );
  for (const changes of versions.values()) {
    // The acknowledgement by the matcher is an event and does not change the version.
    const seen = [...new Set(changes.map(({ lock_version }) => lock_version))];
    assert.deepEqual(
      seen,
      seen.map((_, index) => index),
    );
  }
};

/** Asserts that the last events equal the state in the database. */
export const assertTruth = async (
  database: Database,
  client: ClientId,
  events: readonly OrderEvent[],
): Promise<void> => {
  const { rows: orders } = await database.query<{ order_id: string; status: string }>(
    sql`select order_id, status from trading."order" where client_id = ${client} order by order_id`,
  );
  const last = new Map(events.flatMap(({ order: it }) => (it ? [[it.order_id, it.status]] : [])));
  assert.deepEqual(
    [...last].sort(([left], [right]) => (left < right ? -1 : 1)),
    orders.map(({ order_id, status }) => [order_id, status]),
  );
  const { rows: fills } = await database.query<{ fills: bigint }>(sql`
    select count(*) filter (where buyer_id = ${client})
      + count(*) filter (where seller_id = ${client}) as fills from trading.trade`);
  assert.equal(BigInt(events.filter(({ type }) => type === "fill").length), fills[0]?.fills);
  const { rows: shares } = await database.query<{ available: bigint; held: bigint }>(sql`
    select available, held from ledger.balance where client_id = ${client} and asset = 'AAPL'`);
  const told = events.findLast(({ type, asset }) => type === "balance" && asset === "AAPL");
  assert.deepEqual(
    [told?.available, told?.held],
    [Number(shares[0]?.available), Number(shares[0]?.held)],
  );
};
