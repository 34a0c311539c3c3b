import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChallengeId } from "../../layers/domain/identity/mfa.ts";
import { createSeal } from "../../layers/platform/credentials/seal.ts";
import { newUuid } from "../../layers/platform/ids.ts";
import { insertChallenge } from "../../layers/store/identity/challenges.ts";
import { refusesEach } from "../../layers/testing/bad-input.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { asRole, invoke, TEST_MAIL_SECRET, useEnvironment } from "../../layers/testing/http.ts";
import { activeClient } from "../../layers/testing/identity.ts";

const database = await testDatabase();
useEnvironment(asRole(database.url, "brokerx_identity"));
const { handler } = await import("./handler.ts");
const seal = createSeal(TEST_MAIL_SECRET);

const challenged = async (email: string): Promise<ChallengeId> => {
  const clientId = await activeClient(database, { email, passwordHash: "none" });
  const challengeId = newUuid() as ChallengeId;
  const codeHash = seal.stamp("031415", challengeId);
  await database.transaction((tx) =>
    insertChallenge(tx, {
      ...{ challengeId, clientId, codeHash, address: "203.0.113.7", lifeSeconds: 600 },
    }),
  );
  return challengeId;
};

const send = (body: object) => invoke(handler, { body, headers: { "x-correlation-id": "same" } });

test("the right code returns a bearer token and a refresh token", async () => {
  const challenge_id = await challenged("ada@example.org");
  const reply = await send({ challenge_id, code: "031415" });
  assert.equal(reply.status, 200);
  assert.equal(reply.headers["cache-control"], "no-store");
  const { token, refresh_token, ...rest } = reply.json();
  assert.match(String(token), /^[\w-]+\.[\w-]+\.[\w-]+$/);
  assert.match(String(refresh_token), /^[\w-]{43}$/);
  assert.deepEqual(rest, { token_type: "Bearer", expires_in: 3_600 });
});

test("the e-mail may be sent instead of the challenge", async () => {
  await challenged("mail@example.org");
  assert.equal((await send({ email: "mail@example.org", code: "031415" })).status, 200);
});

test("a wrong code, a used code, an unknown challenge and an unknown e-mail get the same answer", async () => {
  const challenge_id = await challenged("wrong@example.org");
  const used = await challenged("used@example.org");
  await send({ challenge_id: used, code: "031415" });
  const answers = [
    await send({ challenge_id, code: "000000" }),
    await send({ challenge_id: used, code: "031415" }),
    await send({ challenge_id: newUuid(), code: "031415" }),
    await send({ email: "stranger@example.org", code: "031415" }),
  ].map(({ status, headers, text }) => ({ status, headers, text }));
  assert.equal(answers[0]?.status, 401);
  assert.match(answers[0]?.text ?? "", /"code":"invalid_code"/);
  for (const response of answers) assert.deepEqual(response, answers[0]);
});

test("every invalid field is refused and named, and no try is used", async () => {
  const challenge_id = await challenged("bad@example.org");
  const good = { challenge_id, code: "031415" };
  await refusesEach(database, handler, [
    ...[undefined, null, 31_415, "", "31415", "0314159", "03141a", " 031415", "०३१४१५"].map(
      (code) => [{ ...good, code }, "code"] as const,
    ),
    ...[null, 7, "", "x", challenge_id.toUpperCase(), `${challenge_id}\0`].map(
      (id) => [{ ...good, challenge_id: id }, "challenge_id"] as const,
    ),
    ...[null, 7, "", "ada"].map((email) => [{ email, code: "031415" }, "email"] as const),
    [{ code: "031415" }, "challenge_id"],
    [{ ...good, client_id: newUuid() }, "client_id"],
  ]);
});
