import assert from "node:assert/strict";
import { test } from "node:test";
import { parseEmail } from "../../layers/domain/identity/client.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { sameTime, watchWork } from "../../layers/testing/enumeration.ts";
import {
  activeClient,
  identityDeps,
  PASSWORD,
  pendingClient,
} from "../../layers/testing/identity.ts";
import { login } from "./login.ts";

const database = await testDatabase();
const deps = identityDeps(database.url);
const passwordHash = await deps.passwords.hash(PASSWORD);
await activeClient(database, { email: "client@example.org", passwordHash });
await pendingClient(database, "pending@example.org", passwordHash);

const attempt = (text: string, password: string, using = deps) => {
  const email = parseEmail(text);
  assert.ok(email);
  return login(using, { email, password, address: "203.0.113.7", correlationId: "test" });
};

const WRONG = "not the password at all";

test("an unknown e-mail, a wrong password and a pending client cost the same work", async () => {
  const cases = [
    ["stranger@example.org", PASSWORD],
    ["client@example.org", WRONG],
    ["pending@example.org", WRONG],
    ["pending@example.org", PASSWORD],
  ] as const;
  const work = await Promise.all(
    cases.map(async ([email, password]) => {
      const { watched, count } = watchWork(deps);
      const outcome = await attempt(email, password, watched);
      return { outcome, ...count() };
    }),
  );
  assert.equal(work[0]?.hashes, 1);
  for (const counts of work) assert.deepEqual(counts, work[0]);
});

test("the time of a refused login does not show whether the e-mail is known", async () => {
  await sameTime(
    () => attempt("client@example.org", WRONG),
    () => attempt("stranger@example.org", WRONG),
    () => database.query(sql`delete from identity.throttle`),
  );
});
