import assert from "node:assert/strict";
import { createHmac, generateKeyPairSync, sign as signWith } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { hmacKeyRing } from "./key-ring.ts";
import { BadToken, createTokens, type Tokens } from "./tokens.ts";

const NOW = new Date("2026-11-02T12:00:00Z");
const SECONDS = NOW.getTime() / 1_000;
const KEY = { kid: "k2", secret: "the current secret, 32 bytes or more" };
const OLD_KEY = { kid: "k1", secret: "the previous secret, 32 bytes or more" };
const CLIENT = "01890a5d-ac96-774b-bcce-b302099a8057";

const tokens = createTokens({
  keys: hmacKeyRing([KEY, OLD_KEY]),
  ttlSeconds: 3_600,
  clock: () => NOW,
});
const at = (moment: Date, keys = [KEY, OLD_KEY]): Tokens =>
  createTokens({ keys: hmacKeyRing(keys), ttlSeconds: 3_600, clock: () => moment });

const CLAIMS = {
  ...{ clientId: CLIENT, roles: ["admin"], tokenId: "t-1", sessionId: "s-1" },
  authTime: new Date("2026-11-02T11:59:00Z"),
};

const HEADER = { alg: "HS256", typ: "JWT", kid: KEY.kid };
const PAYLOAD = {
  iss: "brokerx",
  aud: "brokerx.web",
  sub: CLIENT,
  client_id: CLIENT,
  roles: [],
  jti: "t-1",
  sid: "s-1",
  iat: SECONDS,
  exp: SECONDS + 3_600,
};

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A token forged by an attacker who, at worst, knows the secret. */
const forge = (
  changes: { header?: object; payload?: object; secret?: string | Buffer; hash?: string } = {},
): string => {
  const head = encode({ ...HEADER, ...changes.header });
  const body = encode({ ...PAYLOAD, ...changes.payload });
  const mac = createHmac(changes.hash ?? "sha256", changes.secret ?? KEY.secret);
  return `${head}.${body}.${mac.update(`${head}.${body}`).digest("base64url")}`;
};

const without = (claim: keyof typeof PAYLOAD): string => forge({ payload: { [claim]: undefined } });

const unsigned = (alg: string): string => `${encode({ ...HEADER, alg })}.${encode(PAYLOAD)}.`;

const asymmetric = (): string => {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2_048 });
  const signed = `${encode({ ...HEADER, alg: "RS256" })}.${encode(PAYLOAD)}`;
  return `${signed}.${signWith("sha256", Buffer.from(signed), privateKey).toString("base64url")}`;
};

/** The claims changed after signing, with the old signature. */
const tampered = (): string => {
  const [head, , mac] = forge().split(".");
  return `${head}.${encode({ ...PAYLOAD, roles: ["admin"] })}.${mac}`;
};

const ATTACKS: Readonly<Record<string, string>> = {
  "alg none": unsigned("none"),
  "alg None": unsigned("None"),
  "no signature": `${forge().split(".").slice(0, 2).join(".")}.`,
  "HS512 under the same secret": forge({ header: { alg: "HS512" }, hash: "sha512" }),
  "HS384 under the same secret": forge({ header: { alg: "HS384" }, hash: "sha384" }),
  "an RSA signature": asymmetric(),
  "another secret": forge({ secret: "another party's secret, 32 bytes+" }),
  "an empty secret": forge({ secret: "" }),
  "an unknown key id": forge({ header: { kid: "k3" } }),
  "a type that is no text": forge({ header: { typ: { toString: 1 } } }),
  "no key id": forge({ header: { kid: undefined } }),
  "a key id that is a path": forge({ header: { kid: "../../../../dev/null" }, secret: "" }),
  "a key id that is a property of every object": forge({
    header: { kid: "__proto__" },
    secret: "",
  }),
  "a key id that is no text": forge({ header: { kid: 2 } }),
  "the other key's id": forge({ header: { kid: OLD_KEY.kid } }),
  "its own key in the header": forge({
    header: { jwk: { kty: "oct", k: Buffer.from("mine").toString("base64url") } },
    secret: "mine",
  }),
  "an unknown critical header": forge({ header: { crit: ["exp", "b64"], b64: false } }),
  "another issuer": forge({ payload: { iss: "brokerx.evil" } }),
  "no issuer": without("iss"),
  "another audience": forge({ payload: { aud: "brokerx.admin" } }),
  "no audience": without("aud"),
  "no expiry": without("exp"),
  "an expiry that is no number": forge({ payload: { exp: "9999999999" } }),
  "an expiry long past": forge({ payload: { iat: SECONDS - 7_200, exp: SECONDS - 3_600 } }),
  "not valid before tomorrow": forge({ payload: { nbf: SECONDS + 86_400 } }),
  "made tomorrow": forge({ payload: { iat: SECONDS + 86_400, exp: SECONDS + 90_000 } }),
  "no time of issue": without("iat"),
  "no subject": without("sub"),
  "no client": without("client_id"),
  "a subject that is not the client": forge({ payload: { client_id: CLIENT.replace("0", "1") } }),
  "a subject that is no text": forge({ payload: { sub: 1, client_id: 1 } }),
  "a subject that is no client's id": forge({ payload: { sub: "root", client_id: "root" } }),
  "no token id": without("jti"),
  "no session": without("sid"),
  "another type of token": forge({ header: { typ: "refresh+jwt" } }),
  "claims changed after signing": tampered(),
  "more text than a token has": forge({ payload: { padding: "x".repeat(16_384) } }),
  "no claims at all": `${encode(HEADER)}.${encode([])}.x`,
  nothing: "",
  "two dots": "..",
  "no base64": "%%%.%%%.%%%",
  "five parts, as if encrypted": "a.b.c.d.e",
  "a space before it": ` ${forge()}`,
};

for (const [name, token] of Object.entries(ATTACKS))
  test(`a token is refused that has ${name}`, async () => {
    await assert.rejects(tokens.verify(token), BadToken);
  });

test("without the attack, each of the forged tokens would be valid", async () => {
  const claims = await tokens.verify(forge());
  assert.equal(claims.clientId, CLIENT);
});

test("a token that was verified before is refused once it has expired", async () => {
  let now = NOW;
  const verifier = createTokens({ keys: hmacKeyRing([KEY]), ttlSeconds: 3_600, clock: () => now });
  const token = await verifier.sign(CLAIMS);
  const claims = await verifier.verify(token);
  assert.deepEqual(await verifier.verify(token), claims);
  now = new Date(claims.expiresAt.getTime() + 4_999);
  assert.deepEqual(await verifier.verify(token), claims);
  now = new Date(claims.expiresAt.getTime() + 5_000);
  await assert.rejects(verifier.verify(token), BadToken);
});

test("a token gives its client, session and roles until it expires", async () => {
  const token = await tokens.sign(CLAIMS);
  const expiresAt = new Date(NOW.getTime() + 3_600_000);
  assert.deepEqual(await tokens.verify(token), { ...CLAIMS, expiresAt });
  const nearTheEnd = at(new Date(expiresAt.getTime() - 1_000));
  assert.equal((await nearTheEnd.verify(token)).clientId, CLIENT);
  await assert.rejects(at(new Date(expiresAt.getTime() + 6_000)).verify(token), BadToken);
});

test("a token with any changed character or bit is refused", async () => {
  const token = await tokens.sign(CLAIMS);
  for (let index = 0; index < token.length - 1; index += 7) {
    const replacement = token[index] === "A" ? "B" : "A";
    const changed = token.slice(0, index) + replacement + token.slice(index + 1);
    await assert.rejects(tokens.verify(changed), BadToken, `letter ${index}`);
  }
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  for (const letter of letters.replace(token.slice(-1), ""))
    await assert.rejects(tokens.verify(token.slice(0, -1) + letter), BadToken, letter);
  for (const part of [0, 1, 2])
    for (const suffix of ["=", "A", "\n"]) {
      const parts = token.split(".");
      parts[part] += suffix;
      await assert.rejects(tokens.verify(parts.join(".")), BadToken, `${part} ${suffix}`);
    }
});

test("clocks may differ by five seconds, and not by ten", async () => {
  const token = await tokens.sign(CLAIMS);
  assert.equal((await at(new Date(NOW.getTime() - 4_000)).verify(token)).clientId, CLIENT);
  await assert.rejects(at(new Date(NOW.getTime() - 10_000)).verify(token), BadToken);
});

test("keys rotate without new logins, and a token of a removed key is refused", async () => {
  const before = at(NOW, [OLD_KEY]);
  const during = at(NOW, [KEY, OLD_KEY]);
  const afterwards = at(NOW, [KEY]);
  const old = await before.sign(CLAIMS);
  const fresh = await during.sign(CLAIMS);
  assert.equal((await during.verify(old)).clientId, CLIENT);
  assert.equal((await during.verify(fresh)).clientId, CLIENT);
  assert.equal((await afterwards.verify(fresh)).clientId, CLIENT);
  await assert.rejects(afterwards.verify(old), BadToken);
});

test("any other text in place of a token gets the same refusal", async () => {
  const json = fc.json({ maxDepth: 2 }).map((text) => Buffer.from(text).toString("base64url"));
  const shaped = fc.tuple(json, json, fc.base64String()).map((parts) => parts.join("."));
  const signed = fc
    .tuple(
      fc.dictionary(fc.constantFrom("typ", "kid", "alg", "crit", "b64", "zip"), fc.jsonValue()),
      fc.jsonValue(),
    )
    .map(([header, payload]) => forge({ header, payload: Object(payload) }));
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.string(), shaped, signed), async (token) => {
      await tokens.verify(token).catch((error) => assert.ok(error instanceof BadToken, error));
    }),
    { numRuns: 1_000 },
  );
});

test("the reason of a failure inside is not revealed", async () => {
  const error = await tokens.verify(ATTACKS["another secret"] ?? "").catch((reason) => reason);
  assert.ok(error instanceof BadToken);
  assert.doesNotMatch(error.message, /secret|brokerx/i);
});
