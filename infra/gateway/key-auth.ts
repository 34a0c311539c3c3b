import type { IncomingHttpHeaders } from "node:http";
import type { KongFile, PluginConfig } from "./kong-file.ts";

/** The consumer a key belongs to, or why there is none. */
export type KeyVerdict =
  | { readonly consumer: string; readonly credential: string }
  | { readonly message: string };

/** Who holds which key. */
export type Keys = ReadonlyMap<string, { readonly consumer: string; readonly credential: string }>;

/** The keys of all consumers of the file. */
export const keysOf = ({ consumers }: KongFile): Keys =>
  new Map(
    consumers.flatMap(({ username, keyauth_credentials }) =>
      keyauth_credentials.map(({ key }, index) => [
        key,
        { consumer: username, credential: `${username}-${index}` },
      ]),
    ),
  );

/** Judges the key of the first header that has one; a key in the query or the body is none. */
export const judgeKey = (
  { key_names }: PluginConfig<"key-auth">,
  keys: Keys,
  headers: IncomingHttpHeaders,
): KeyVerdict => {
  const sent = key_names
    .map((name) => headers[name.toLowerCase()])
    .find((key) => key !== undefined);
  if (sent === undefined || sent === "") return { message: "No API key found in request" };
  return keys.get(String(sent)) ?? { message: "Unauthorized" };
};

const IDENTITY_HEADERS = [
  "x-consumer-id",
  "x-consumer-custom-id",
  "x-consumer-username",
  "x-credential-identifier",
  "x-anonymous-consumer",
];

/** Hides the key from the service and says who it belongs to, whatever the caller claimed to be. */
export const nameConsumer = (
  { key_names }: PluginConfig<"key-auth">,
  headers: IncomingHttpHeaders,
  known: { readonly consumer: string; readonly credential: string },
): void => {
  for (const name of [...key_names.map((key) => key.toLowerCase()), ...IDENTITY_HEADERS])
    delete headers[name];
  headers["x-consumer-username"] = known.consumer;
  headers["x-credential-identifier"] = known.credential;
};
