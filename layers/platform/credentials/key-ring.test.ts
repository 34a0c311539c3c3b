import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { createLocalJWKSet, jwtVerify, SignJWT } from "jose";
import { loadKeyRing } from "../config.ts";
import { ed25519KeyRing, hmacKeyRing, type KeyRing, publicKeyText } from "./key-ring.ts";
import { BadToken, createTokens } from "./tokens.ts";

// Tokens signed with Ed25519: identity signs, the other services only verify.

const newKey = (): string => randomBytes(32).toString("base64url");
const privateKey = newKey();
const publicKeys = [{ kid: "k1", text: publicKeyText(privateKey) }];
const signer = ed25519KeyRing({ publicKeys, signingKey: { kid: "k1", text: privateKey } });
const verifier = ed25519KeyRing({ publicKeys, signingKey: undefined });
const tokensOf = (keys: KeyRing) =>
  createTokens({ keys, ttlSeconds: 600, clock: () => new Date() });

const CLIENT = "01890a5d-ac96-774b-bcce-b302099a8057";
const CLAIMS = { clientId: CLIENT, roles: [], tokenId: "t-1", sessionId: "s-1" };

test("a process with the public key alone verifies tokens and cannot sign any", async () => {
  const token = await tokensOf(signer).sign(CLAIMS);
  assert.equal((await tokensOf(verifier).verify(token)).clientId, CLIENT);
  await assert.rejects(tokensOf(verifier).sign(CLAIMS), /no key to sign/);
});

test("a partner verifies a token with nothing but the published keys", async () => {
  const token = await tokensOf(signer).sign(CLAIMS);
  const published = createLocalJWKSet({ keys: JSON.parse(JSON.stringify(verifier.jwks)) });
  const { payload } = await jwtVerify(token, published, { algorithms: ["EdDSA"] });
  assert.equal(payload.sub, CLIENT);
  assert.ok(!JSON.stringify(signer.jwks).includes(privateKey), "the private key is not published");
  assert.deepEqual(hmacKeyRing([{ kid: "k1", secret: "x".repeat(32) }]).jwks, []);
});

test("a token signed with the public key as a secret, or with another algorithm, is refused", async () => {
  const claims = { client_id: CLIENT, roles: [], sid: "s-1" };
  const forge = (alg: string, secret: Uint8Array) =>
    new SignJWT(claims)
      .setProtectedHeader({ alg, typ: "JWT", kid: "k1" })
      .setIssuer("brokerx")
      .setAudience("brokerx.web")
      .setSubject(CLIENT)
      .setJti("t-1")
      .setIssuedAt()
      .setExpirationTime("10m")
      .sign(secret);
  const [{ text } = { text: "" }] = publicKeys;
  for (const secret of [Buffer.from(text), Buffer.from(text, "base64url")])
    await assert.rejects(tokensOf(verifier).verify(await forge("HS256", secret)), BadToken);
  const hmac = hmacKeyRing([{ kid: "k1", secret: text }]);
  const good = await forge("HS256", Buffer.from(text));
  assert.equal((await tokensOf(hmac).verify(good)).clientId, CLIENT, "only the algorithm is wrong");
  await assert.rejects(tokensOf(hmac).verify(await tokensOf(signer).sign(CLAIMS)), BadToken);
});

test("a key is rotated: first published, then used to sign, then removed", async () => {
  const newPrivate = newKey();
  const both = [...publicKeys, { kid: "k2", text: publicKeyText(newPrivate) }];
  const old = await tokensOf(signer).sign(CLAIMS);
  const during = ed25519KeyRing({ publicKeys: both, signingKey: { kid: "k2", text: newPrivate } });
  const fresh = await tokensOf(during).sign(CLAIMS);
  assert.equal((await tokensOf(during).verify(old)).clientId, CLIENT);
  await assert.rejects(tokensOf(verifier).verify(fresh), BadToken);
  const after = ed25519KeyRing({ publicKeys: both.slice(1), signingKey: undefined });
  assert.equal((await tokensOf(after).verify(fresh)).clientId, CLIENT);
  await assert.rejects(tokensOf(after).verify(old), BadToken);
});

test("invalid keys stop the start of the process, and the message contains no key", () => {
  const EDDSA = { JWT_ALGORITHM: "EdDSA", JWT_PUBLIC_KEYS: `k1=${publicKeys[0]?.text}` };
  assert.equal(loadKeyRing(EDDSA).algorithm, "EdDSA");
  assert.equal(loadKeyRing({ ...EDDSA, JWT_KEYS: "", JWT_SIGNING_KEY: "" }).signing, undefined);
  for (const [env, message] of [
    [{}, /JWT_KEYS/],
    [{ JWT_KEYS: "" }, /JWT_KEYS/],
    [{ JWT_KEYS: "k1=short" }, /32 bytes/],
    [{ JWT_KEYS: `k 1=${"x".repeat(32)}` }, /kid/],
    [{ JWT_ALGORITHM: "RS256" }, /JWT_ALGORITHM/],
    [{ JWT_ALGORITHM: "EdDSA" }, /at least one public key/],
    [{ ...EDDSA, JWT_PUBLIC_KEYS: "k1=abc" }, /k1 is not 32 bytes/],
    [{ ...EDDSA, JWT_SIGNING_KEY: `k1=${newKey()}` }, /k1 is not the one of the public keys/],
    [{ ...EDDSA, JWT_SIGNING_KEY: `k2=${privateKey}` }, /k2 is not the one of the public keys/],
    [{ ...EDDSA, JWT_SIGNING_KEY: `k1=${privateKey},k2=${newKey()}` }, /one key that signs/],
  ] as const)
    assert.throws(
      () => loadKeyRing(env),
      (error: Error) => message.test(error.message) && !error.message.includes(privateKey),
      JSON.stringify(message.source),
    );
});
