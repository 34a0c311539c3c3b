import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from "node:crypto";

const FORMAT = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = 1 + NONCE_BYTES + TAG_BYTES;

/**
 * Protection with one secret: for texts that must be read again later, and for codes that are only
 * compared.
 */
export type Seal = {
  /** Encrypts a text, bound to an id. */
  readonly seal: (text: string, id: string) => Buffer;
  /** Decrypts; throws unless the bytes, the id and the secret are those of the encryption. */
  readonly open: (sealed: Uint8Array, id: string) => string;
  /** A keyed hash of a short code, bound to an id and the secret. */
  readonly stamp: (code: string, id: string) => Buffer;
};

/**
 * AES-256-GCM and HMAC-SHA256 with keys derived from one secret (HKDF, RFC 5869), one key for each
 * purpose. Sealed bytes: format (1), nonce (12), tag (16), ciphertext.
 */
export const createSeal = (secret: string): Seal => {
  const mailKey = derive(secret, "brokerx mail body");
  const codeKey = derive(secret, "brokerx mfa code");
  return {
    seal: (text, id) => {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv("aes-256-gcm", mailKey, nonce).setAAD(Buffer.from(id));
      const ciphertext = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
      return Buffer.concat([Buffer.of(FORMAT), nonce, cipher.getAuthTag(), ciphertext]);
    },
    open: (sealed, id) => {
      if (sealed[0] !== FORMAT || sealed.length < HEADER_BYTES)
        throw new Error(`the sealed text of ${id} has an unknown format`);
      const nonce = sealed.subarray(1, 1 + NONCE_BYTES);
      const decipher = createDecipheriv("aes-256-gcm", mailKey, nonce, {
        authTagLength: TAG_BYTES,
      });
      decipher.setAAD(Buffer.from(id)).setAuthTag(sealed.subarray(1 + NONCE_BYTES, HEADER_BYTES));
      const start = decipher.update(sealed.subarray(HEADER_BYTES));
      return Buffer.concat([start, decipher.final()]).toString("utf8");
    },
    stamp: (code, id) => createHmac("sha256", codeKey).update(`${id}\n${code}`).digest(),
  };
};

const derive = (secret: string, purpose: string): Buffer =>
  Buffer.from(hkdfSync("sha256", secret, "", purpose, 32));
