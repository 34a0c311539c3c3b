import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { Refusal } from "../answers.ts";
import type { KongFile, PluginConfig } from "../kong-file.ts";

/** A consumer of the file and its credential, each with a stable id. */
export type Consumer = {
  readonly consumer: string;
  readonly consumerId: string;
  readonly credentialId: string;
};

/** The consumer of each key. */
export type Keys = ReadonlyMap<string, Consumer>;

/** The keys of all consumers of the file. */
export const keysOf = ({ consumers }: KongFile): Keys =>
  new Map(
    consumers.flatMap(({ username, keyauth_credentials }) =>
      keyauth_credentials.map(({ key }) => [
        key,
        {
          consumer: username,
          consumerId: stableId(`consumer ${username}`),
          credentialId: stableId(`credential ${username} ${key}`),
        },
      ]),
    ),
  );

/** A UUID made from a name (version 8, RFC 9562): Kong too derives its ids from the file. */
const stableId = (name: string): string =>
  createHash("sha256")
    .update(name)
    .digest("hex")
    .replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, "$1-$2-8$3-8$4-$5");

const unauthorized = (message: string): Refusal => ({
  ...{ status: 401, message },
  headers: { "WWW-Authenticate": "Key" },
});

/** Finds the consumer by the first header with a key; a key in the query or the body does not count. */
export const identifyConsumer = (
  { key_names }: PluginConfig<"key-auth">,
  keys: Keys,
  headers: IncomingHttpHeaders,
): Consumer | Refusal => {
  const key = key_names
    .map((name) => headers[name.toLowerCase()])
    .find((value) => value !== undefined);
  if (key === undefined || key === "") return unauthorized("No API key found in request");
  return keys.get(String(key)) ?? unauthorized("Unauthorized");
};

/**
 * Removes the key from the request and sends the name of its consumer, and ignores the name that the caller sent.
 */
export const nameConsumer = (
  { key_names }: PluginConfig<"key-auth">,
  headers: IncomingHttpHeaders,
  { consumer, consumerId, credentialId }: Consumer,
): void => {
  const claims = ["x-consumer-custom-id", "x-anonymous-consumer"];
  for (const name of [...key_names.map((key) => key.toLowerCase()), ...claims])
    delete headers[name];
  headers["x-consumer-id"] = consumerId;
  headers["x-consumer-username"] = consumer;
  headers["x-credential-identifier"] = credentialId;
};
