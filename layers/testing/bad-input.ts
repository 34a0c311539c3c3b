import assert from "node:assert/strict";
import { type Database, sql } from "../store/pg/database.ts";
import { type Handler, invoke } from "./http.ts";

/** A body that must be refused, and the field that the refusal must name. */
type BadBody = readonly [body: unknown, path: string];

const rowsOfIdentity = async (database: Database): Promise<object> => {
  const { rows } = await database.query(sql`
    select
      (select count(*) from identity.client) as clients,
      (select count(*) from identity.verification) as links,
      (select count(*) from identity.challenge) as challenges,
      (select coalesce(sum(attempts), 0) from identity.challenge) as tries,
      (select count(*) from identity.session) as sessions,
      (select count(*) from identity.mail) as mails,
      (select count(*) from trading.audit) as audits`);
  return rows[0] ?? {};
};

/** Asserts that each body gets a 422 problem that names the field, and that nothing was written. */
export const refusesEach = async (
  database: Database,
  handler: Handler,
  bodies: readonly BadBody[],
): Promise<void> => {
  const before = await rowsOfIdentity(database);
  for (const [body, path] of bodies) {
    const reply = await invoke(handler, { body });
    const what = `${JSON.stringify(body).slice(0, 200)} was answered ${reply.text}`;
    assert.equal(reply.status, 422, what);
    assert.equal(reply.headers["content-type"], "application/problem+json", what);
    const { errors, success } = reply.json();
    assert.equal(success, false, what);
    const paths = (errors as { path: string }[]).map((error) => error.path);
    assert.ok(paths.includes(path), what);
  }
  assert.deepEqual(await rowsOfIdentity(database), before);
};
