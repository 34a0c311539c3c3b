import assert from "node:assert/strict";
import { test } from "node:test";
import { sql } from "../../layers/store/pg/database.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { sameTime, watchWork } from "../../layers/testing/enumeration.ts";
import {
  activeClient,
  applicationOf,
  identityDeps,
  pendingClient,
} from "../../layers/testing/identity.ts";
import { register } from "./register.ts";

const database = await testDatabase();
const deps = identityDeps(database.url);
await activeClient(database, { email: "client@example.org", passwordHash: "none" });
await pendingClient(database, "pending@example.org");

const signUp = (email: string, using = deps) =>
  register(using, { application: applicationOf(email), correlationId: "test" });

const forgetMails = () => database.query(sql`delete from identity.mail`);

let strangers = 0;
const stranger = () => {
  strangers += 1;
  return `stranger${strangers}@example.org`;
};

test("a known e-mail, a pending and an unknown one cost the same hashes and round trips", async () => {
  const work = await Promise.all(
    ["client@example.org", "pending@example.org", stranger()].map(async (email) => {
      const { watched, count } = watchWork(deps);
      assert.equal((await signUp(email, watched)).ok, true);
      return count();
    }),
  );
  assert.ok((work[0]?.statements ?? 0) > 3 && work[0]?.hashes === 1);
  assert.deepEqual(work[1], work[0]);
  assert.deepEqual(work[2], work[0]);
});

test("the time of a sign-up does not show whether the e-mail is known", async () => {
  await sameTime(
    () => signUp("client@example.org"),
    () => signUp(stranger()),
    forgetMails,
  );
});
