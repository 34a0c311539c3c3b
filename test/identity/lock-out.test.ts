import assert from "node:assert/strict";
import { test } from "node:test";
import { createPasswords } from "../../layers/platform/credentials/passwords.ts";
import { createSemaphore } from "../../layers/platform/semaphore.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { asRole, useEnvironment } from "../../layers/testing/http.ts";
import { PASSWORD } from "../../layers/testing/identity.ts";
import { createPerson, loadIdentity } from "./person.ts";

// Guessing is slowed down, and this cannot be used against another client.

const database = await testDatabase();
useEnvironment(asRole(database.url, "brokerx_identity"));
const routes = await loadIdentity();
const hash = await createPasswords(createSemaphore({ running: 2, waiting: 100 })).hash(PASSWORD);
const person = (email: string) => createPerson({ database, routes, hash }, email);
const [HOME, ELSEWHERE] = ["203.0.113.7", "198.51.100.66"];
const WRONG = "not the password at all";

const judged = async (email: string): Promise<number> => {
  const { rows } = await database.query<{ count: number }>(sql`
    select count(*)::integer as count from trading.audit
    join identity.client using (client_id)
    where action = 'login_refused' and email_key = ${email}`);
  return rows[0]?.count ?? 0;
};

test("of 300 parallel wrong passwords a dozen are checked, and the rest must wait", async () => {
  const ada = await person("ada@example.org");
  const replies = await Promise.all(
    Array.from({ length: 300 }, () => ada.challenge(WRONG, ELSEWHERE)),
  );
  const counts = { 401: 0, 429: 0, 503: 0 }; // 503: more at once than the service takes
  for (const { status } of replies)
    if (status === 401 || status === 429 || status === 503) counts[status] += 1;
    else assert.fail(`answered ${status}`);
  assert.ok(counts[401] >= 1 && counts[401] <= 15, JSON.stringify(counts));
  assert.ok((await judged(ada.email)) <= 15);
  const [limited] = replies.filter(({ status }) => status === 429);
  assert.equal(limited?.json()["code"], "too_many_attempts");
  assert.ok(Number(limited?.headers["retry-after"]) >= 1);
});

test("a stranger's guesses do not lock the owner out, at known or new addresses", async () => {
  const bob = await person("bob@example.org");
  assert.equal((await bob.challenge(PASSWORD, HOME)).status, 200);
  for (let tries = 0; tries < 30; tries += 1) await bob.challenge(WRONG, ELSEWHERE);
  assert.equal((await bob.challenge(PASSWORD, HOME)).status, 200);
  assert.equal((await bob.challenge(PASSWORD, "192.0.2.44")).status, 200);
});

test("a person who knows only the e-mail cannot use up the code that the owner waits for", async () => {
  const eve = await person("eve@example.org");
  const asked = await eve.challenge(PASSWORD, HOME);
  const code = await eve.code();
  const wrong = code === "000000" ? "000001" : "000000";
  for (const address of [ELSEWHERE, HOME])
    for (let tries = 0; tries < 10; tries += 1)
      await eve.send("verifyMfa", { address, body: { email: eve.email, code: wrong } });
  for (let tries = 0; tries < 10; tries += 1) await eve.challenge(WRONG, HOME);
  const body = { challenge_id: asked.json()["challenge_id"], code };
  assert.equal((await eve.send("verifyMfa", { address: HOME, body })).status, 200);
});

test("a machine that guesses at many accounts does not lock out its neighbours", async () => {
  const neighbour = await person("neighbour@example.org");
  assert.equal((await neighbour.challenge(PASSWORD, HOME)).status, 200);
  const code = await neighbour.code();
  const { rows } = await database.query<{ challenge_id: string }>(sql`
    select challenge_id from identity.challenge where client_id = ${neighbour.clientId}`);
  const body = { challenge_id: rows[0]?.challenge_id, code };
  assert.equal((await neighbour.send("verifyMfa", { address: HOME, body })).status, 200);
  await database.query(sql`
    insert into identity.throttle (subject, failures, next_at)
    values (${`login from ${HOME}`}, 5000, now() + interval '1 minute')
    on conflict (subject) do update set failures = 5000, next_at = excluded.next_at`);
  assert.equal((await neighbour.challenge(PASSWORD, HOME)).status, 200);
  const stranger = await person("newcomer@example.org");
  assert.equal((await stranger.challenge(PASSWORD, HOME)).status, 429);
});

test("after twenty wrong codes no further code is mailed, and the answer gives the wait", async () => {
  const gil = await person("gil@example.org");
  const statuses: number[] = [];
  for (let round = 0; round < 7; round += 1) {
    const asked = await gil.challenge(PASSWORD, HOME);
    statuses.push(asked.status);
    if (asked.status !== 200) break;
    const wrong = (await gil.code()) === "000000" ? "000001" : "000000";
    const body = { challenge_id: asked.json()["challenge_id"], code: wrong };
    for (let tries = 0; tries < 5; tries += 1) await gil.send("verifyMfa", { body });
  }
  assert.equal(statuses.at(-1), 429, String(statuses));
});
