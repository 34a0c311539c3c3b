import assert from "node:assert/strict";
import { test } from "node:test";
import { migrationEnvironment } from "./environment.ts";
import { edgeSecret, ownerPassword, parseSecretVersions, secretNames } from "./secrets.ts";

const first = parseSecretVersions({ passwords: 1, jwtKeys: 1, mailKey: 1 });
/** All texts with references: CloudFormation reads a secret again only when such a text changes. */
const textsOf = (chosen: typeof first) => ({
  owner: ownerPassword(chosen),
  edge: edgeSecret(chosen),
  migration: JSON.stringify(migrationEnvironment(chosen)["SECRETS"]),
  names: secretNames(chosen),
});

test("new passwords are new secrets in every place, and all other secrets stay", () => {
  const second = parseSecretVersions({ passwords: "2", jwtKeys: "1", mailKey: "1" });
  const [before, after] = [textsOf(first), textsOf(second)];
  assert.notEqual(after.owner, before.owner);
  assert.notEqual(after.edge, before.edge);
  const kept = after.names.filter((name) => before.names.includes(name));
  assert.deepEqual(kept, ["MailSecret", "JwtSecret"]);
  for (const name of after.names.filter((secret) => !kept.includes(secret)))
    assert.match(name, /^\w+(Password|Secret)2$/);
  for (const name of before.names.filter((secret) => !kept.includes(secret)))
    assert.ok(!JSON.stringify(after).includes(`\${${name}}`), name);
});

test("the token keys are a list: all of them verify, and the first signs", () => {
  const keys = (jwtKeys: string) => {
    const chosen = parseSecretVersions({ passwords: "1", jwtKeys, mailKey: "1" });
    return { text: textsOf(chosen).migration, names: secretNames(chosen) };
  };
  assert.match(keys("1,2").text, /cloud-1=.*\$\{JwtSecret\}.*,cloud-2=.*\$\{JwtSecret2\}/);
  assert.match(keys("2,1").text, /cloud-2=.*\$\{JwtSecret2\}.*,cloud-1=.*\$\{JwtSecret\}/);
  assert.doesNotMatch(keys("2").text, /cloud-1=/);
  assert.deepEqual(keys("2").names.slice(-1), ["JwtSecret2"]);
});

test("the mail keys are a list of secrets, the newest first", () => {
  const keys = (mailKey: string) => {
    const chosen = parseSecretVersions({ passwords: "1", jwtKeys: "1", mailKey });
    return { text: textsOf(chosen).migration, names: secretNames(chosen) };
  };
  const [old, newest] = ["MailSecret", "MailSecret2"].map(
    (name) => `{{resolve:secretsmanager:\${${name}}:SecretString:value}}`,
  );
  assert.ok(keys("1").text.includes(`\\"MailSecret\\":\\"${old}\\"`), keys("1").text);
  assert.ok(keys("2,1").text.includes(`\\"MailSecret\\":\\"${newest},${old}\\"`), keys("2,1").text);
  const added = keys("2,1").names.filter((name) => !keys("1").names.includes(name));
  assert.deepEqual(added, ["MailSecret2"]);
  assert.ok(!keys("2").names.includes("MailSecret"));
});

test("a parameter that names no generation is refused by its name", () => {
  for (const [wrong, name] of [
    [{ passwords: "new" }, /passwords/],
    [{ mailKey: "0" }, /mailKey/],
    [{ mailKey: "2,2" }, /mailKey/],
    [{ mailKey: "1,2,3,4" }, /mailKey/],
    [{ jwtKeys: "1,1" }, /jwtKeys/],
    [{ jwtKeys: "1,2,3,4" }, /jwtKeys/],
  ] as const)
    assert.throws(
      () => parseSecretVersions({ passwords: "1", jwtKeys: "1", mailKey: "1", ...wrong }),
      name,
    );
});
