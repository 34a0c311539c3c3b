import { randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";

const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";
const ID_CHARACTERS = 12;
/** 52 characters of five bits each have 260 bits. */
const SECRET_CHARACTERS = 52;
const API_KEY = /^(brx_([a-z2-7]{12})_([a-z2-7]{52}))([0-9a-f]{8})$/;

/** The parts of an API key that is written as `brx_<id>_<secret><checksum>`. */
export type ApiKeyParts = { readonly keyId: string; readonly secret: string };

/** Creates an API key; `text` is shown to its owner once. */
export const newApiKey = (): ApiKeyParts & { readonly text: string } =>
  apiKeyOf(randomBytes(ID_CHARACTERS + SECRET_CHARACTERS));

/** The API key that 64 secret bytes make. */
export const apiKeyOf = (bytes: Buffer): ApiKeyParts & { readonly text: string } => {
  const keyId = textOf(bytes.subarray(0, ID_CHARACTERS));
  const secret = textOf(bytes.subarray(ID_CHARACTERS));
  const plain = `brx_${keyId}_${secret}`;
  return { keyId, secret, text: `${plain}${checksumOf(plain)}` };
};

/**
 * Reads an API key. Undefined when its form or its checksum is wrong: a mistyped key costs no
 * query, and secret scanners can recognise a real key.
 */
export const parseApiKey = (text: string): ApiKeyParts | undefined => {
  const [, plain = "", keyId, secret, checksum] = API_KEY.exec(text) ?? [];
  if (keyId === undefined || secret === undefined) return undefined;
  return checksumOf(plain) === checksum ? { keyId, secret } : undefined;
};

const checksumOf = (text: string): string => crc32(text).toString(16).padStart(8, "0");

const textOf = (bytes: Buffer): string => Array.from(bytes, (byte) => ALPHABET[byte & 31]).join("");

/** Ten characters of five bits, in two groups. */
export const newRecoveryCode = (): string => `${textOf(randomBytes(5))}-${textOf(randomBytes(5))}`;
