import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from "node:crypto";

const FORMAT = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = 1 + NONCE_BYTES + TAG_BYTES;

/**
 * Protection with secrets: for texts that must be read again later, and for codes that are only
 * compared. The newest secret protects; what an older secret protected remains usable.
 */
export type Seal = {
  /** Encrypts a text, bound to an id. */
  readonly seal: (text: string, id: string) => Buffer;
  /** Decrypts; throws unless the bytes, the id and one of the secrets are those of the encryption. */
  readonly open: (sealed: Uint8Array, id: string) => string;
  /** A keyed hash of a short code, bound to an id and the newest secret. */
  readonly stamp: (code: string, id: string) => Buffer;
  /** The hash of a code with each secret, newest first: what a stored hash is compared with. */
  readonly stamps: (code: string, id: string) => readonly Buffer[];
};

/**
 * AES-256-GCM and HMAC-SHA256 with keys derived from each secret (HKDF, RFC 5869), one key for each
 * purpose. Sealed bytes: format (1), nonce (12), tag (16), ciphertext. They do not tell the secret:
 * the tag fits only one.
 */
export const createSeal = (newest: string, ...older: readonly string[]): Seal => {
  const first = sealWith(newest);
  const all = [first, ...older.map(sealWith)];
  return {
    seal: first.seal,
    open: (sealed, id) => {
      if (sealed[0] !== FORMAT || sealed.length < HEADER_BYTES)
        throw new Error(`the sealed text of ${id} has an unknown format`);
      for (const { open } of all) {
        const text = open(sealed, id);
        if (text !== undefined) return text;
      }
      throw new Error(`no secret opens the sealed text of ${id}`);
    },
    stamp: first.stamp,
    stamps: (code, id) => all.map(({ stamp }) => stamp(code, id)),
  };
};

/** The work with one secret; `open` returns undefined when the secret does not fit. */
const sealWith = (secret: string) => {
  const mailKey = derive(secret, "brokerx mail body");
  const codeKey = derive(secret, "brokerx mfa code");
  return {
    seal: (text: string, id: string): Buffer => {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv("aes-256-gcm", mailKey, nonce).setAAD(Buffer.from(id));
      const ciphertext = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
      return Buffer.concat([Buffer.of(FORMAT), nonce, cipher.getAuthTag(), ciphertext]);
    },
    open: (sealed: Uint8Array, id: string): string | undefined => {
      const nonce = sealed.subarray(1, 1 + NONCE_BYTES);
      const decipher = createDecipheriv("aes-256-gcm", mailKey, nonce, {
        authTagLength: TAG_BYTES,
      });
      decipher.setAAD(Buffer.from(id)).setAuthTag(sealed.subarray(1 + NONCE_BYTES, HEADER_BYTES));
      const start = decipher.update(sealed.subarray(HEADER_BYTES));
      try {
        return Buffer.concat([start, decipher.final()]).toString("utf8");
      } catch {
        return undefined;
      }
    },
    stamp: (code: string, id: string): Buffer =>
      createHmac("sha256", codeKey).update(`${id}\n${code}`).digest(),
  };
};

const derive = (secret: string, purpose: string): Buffer =>
  Buffer.from(hkdfSync("sha256", secret, "", purpose, 32));
