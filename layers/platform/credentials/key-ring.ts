import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";

/**
 * The keys of access tokens: the key that signs, if this process has it, and the keys that verify.
 */
export type KeyRing = {
  readonly algorithm: "HS256" | "EdDSA";
  /** Undefined in a process that only verifies. */
  readonly signing: { readonly kid: string; readonly key: KeyObject | Uint8Array } | undefined;
  readonly verifying: ReadonlyMap<string, KeyObject | Uint8Array>;
  /** The public keys, for every service that verifies tokens (RFC 7517). */
  readonly jwks: readonly PublicJwk[];
};

/** A public key of Ed25519 (RFC 8037). */
type PublicJwk = {
  readonly kty: "OKP";
  readonly crv: "Ed25519";
  readonly alg: "EdDSA";
  readonly use: "sig";
  readonly kid: string;
  readonly x: string;
};

/** A key as the configuration writes it: its id, and text that is not checked yet. */
type NamedKey = { readonly kid: string; readonly text: string };

/** Secrets that all processes share: the first signs, each verifies. */
export const hmacKeyRing = (
  keys: readonly { readonly kid: string; readonly secret: string }[],
): KeyRing => {
  const bytes = keys.map(({ kid, secret }) => ({ kid, key: Buffer.from(secret) }));
  const [signing] = bytes;
  if (signing === undefined) throw new Error("tokens need at least one key");
  const verifying = new Map(bytes.map(({ kid, key }) => [kid, key]));
  return { algorithm: "HS256", signing, verifying, jwks: [] };
};

/**
 * Key pairs of Ed25519. Only the process that issues tokens has the signing key, whose public key must be
 * among the public keys under the same id. Keys are 32 bytes in base64url: `x` and `d` of a JWK.
 */
export const ed25519KeyRing = (keys: {
  readonly publicKeys: readonly NamedKey[];
  readonly signingKey: NamedKey | undefined;
}): KeyRing => {
  const jwks = keys.publicKeys.map(({ kid, text }) => toJwk(kid, requireKey(kid, text)));
  if (jwks.length === 0) throw new Error("tokens need at least one public key");
  const { signingKey } = keys;
  const signing = signingKey && {
    kid: signingKey.kid,
    key: privateKeyOf(requireKey(signingKey.kid, signingKey.text)),
  };
  if (signing !== undefined) {
    const published = jwks.find(({ kid }) => kid === signing.kid);
    if (published?.x !== publicTextOf(signing.key))
      throw new Error(`the signing key ${signing.kid} is not the one of the public keys`);
  }
  const verifying = new Map(
    jwks.map((jwk) => [jwk.kid, createPublicKey({ key: jwk, format: "jwk" })]),
  );
  return { algorithm: "EdDSA", signing, verifying, jwks };
};

const KEY_BYTES = 32;

const requireKey = (kid: string, text: string): Buffer => {
  const bytes = Buffer.from(text, "base64url");
  if (bytes.length !== KEY_BYTES || bytes.toString("base64url") !== text)
    throw new Error(`the key ${kid} is not ${KEY_BYTES} bytes in base64url`);
  return bytes;
};

const toJwk = (kid: string, bytes: Buffer): PublicJwk => ({
  ...{ kty: "OKP", crv: "Ed25519", alg: "EdDSA", use: "sig" },
  ...{ kid, x: bytes.toString("base64url") },
});

/** What precedes the 32 bytes of a private key in PKCS #8 (RFC 8410). */
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");

const privateKeyOf = (bytes: Buffer): KeyObject =>
  createPrivateKey({
    key: Buffer.concat([PKCS8_PREFIX, bytes]),
    format: "der",
    type: "pkcs8",
  });

/** The public key of a private one, as the configuration writes it. */
const publicTextOf = (key: KeyObject): string => {
  const { x } = createPublicKey(key).export({ format: "jwk" });
  return x ?? "";
};

/** The public key that belongs to a private one; both are 32 bytes in base64url. */
export const publicKeyText = (privateKey: string): string =>
  publicTextOf(privateKeyOf(requireKey("new", privateKey)));
