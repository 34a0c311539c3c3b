import { sql } from "../../layers/store/pg/database.ts";
import type { TestDatabase } from "../../layers/testing/database.ts";
import type { Reply } from "../../layers/testing/http.ts";

/** Texts in place of an id that identify no resource. */
export const MALFORMED = ["1", "x", "", "null", "%00", "../1", "' or 1=1 --", "A".repeat(400)];

/** A problem without the members that differ in every answer. */
export const words = (reply: Reply): object => {
  const { correlation_id: _, ...rest } = reply.json();
  const { "x-correlation-id": _id, ...headers } = reply.headers;
  return { status: reply.status, rest, headers };
};

/** Every row of the tables as text, to compare before and after. */
export const contentsOf = async (
  database: TestDatabase,
  tables: readonly string[],
): Promise<string> => {
  const { rows } = await database.query<{ contents: string }>(sql`
    select string_agg(
      query_to_xml('select t::text as line from ' || name || ' as t order by line', true, true, '')::text,
      '' order by name) as contents
    from unnest(${tables}::text[]) as name`);
  return rows[0]?.contents ?? "";
};
