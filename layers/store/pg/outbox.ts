import { constantSql, type Fragment } from "./database.ts";

// Outboxes: committed rows that wait to be published. Waiting rows are found because they exist (or
// are not marked as sent), never by `id > last`: that would skip a row that was numbered early and
// committed late.

/**
 * Parts of a `with` clause that take rows: `waiting`, the oldest rows, and `taken`, which deletes
 * them.
 */
export type Outbox = { readonly waiting: Fragment; readonly taken: Fragment };

/**
 * Describes an outbox whose rows are deleted when they are taken. The rows to delete are found by a
 * bound and not by a join with `waiting`: the statement is planned while the outbox is empty, and
 * with a join the plan could read all of it for each row.
 */
export const outboxOf = ({
  table,
  atOnce,
  seen = "true",
  mine = "true",
}: {
  readonly table: string;
  /** Rows taken by one statement at most. */
  readonly atOnce: number;
  /** Condition of the rows that are looked at. */
  readonly seen?: string;
  /** Condition of the rows that may be taken. */
  readonly mine?: string;
}): Outbox => ({
  waiting: constantSql(`waiting as materialized (
      select * from ${table} where ${seen} order by outbox_id limit ${atOnce}
    )`),
  taken: constantSql(`taken as (
      delete from ${table}
      where outbox_id <= (select max(outbox_id) from waiting) and ${mine}
      returning *
    )`),
});

/**
 * Selects the keys of the rows that are due longest in an outbox that keeps its rows; the caller
 * adds `limit` and `for update skip locked`. The process that takes such rows sets a later due
 * time, its lease: if it dies, the rows are only delayed. Processes that take rows at the same time
 * skip each other's rows.
 */
export const dueLongest = ({
  table,
  key,
  dueAt,
  unsent,
}: {
  readonly table: string;
  readonly key: string;
  readonly dueAt: string;
  /** Condition of the rows that are not sent yet. */
  readonly unsent: string;
}): Fragment =>
  constantSql(
    `select ${key} from ${table} where ${unsent} and ${dueAt} <= now() order by ${dueAt}`,
  );
