/**
 * The words of ActionCable, as the stock client speaks them. An `identifier` is a JSON text chosen by
 * the client; it names the subscription and is sent back unchanged.
 */
export const PROTOCOL = "actioncable-v1-json";

/** What a client may ask for. */
export type CableCommand = {
  readonly command: (typeof COMMANDS)[number];
  readonly identifier: string;
};

/** Why a socket is closed from here. */
export type DisconnectReason =
  | "server_restart"
  | "slow_client"
  | "token_expired"
  | "invalid_request"
  | "unresponsive";

const COMMANDS = ["subscribe", "unsubscribe", "message"] as const;
const IDENTIFIER_CHARACTERS_MAX = 1_024;

/** Reads what a client sent; undefined for anything that is no command. */
export const parseCommand = (text: string): CableCommand | undefined => {
  const frame = parseObject(text);
  const command = COMMANDS.find((name) => name === frame?.["command"]);
  const identifier = frame?.["identifier"];
  if (command === undefined || typeof identifier !== "string") return undefined;
  return identifier.length > IDENTIFIER_CHARACTERS_MAX ? undefined : { command, identifier };
};

/** A JSON text that is an object, as an object; undefined for anything else. */
export const parseObject = (text: string): Readonly<Record<string, unknown>> | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

/**
 * The sub-protocol to answer an offer with. A client that offers none is taken as it is; one that
 * offers only others is `"unsupported"`: it would not understand a word.
 */
export const chooseProtocol = (
  offered: Iterable<string>,
): typeof PROTOCOL | "none" | "unsupported" => {
  const names = [...offered];
  if (names.length === 0) return "none";
  return names.includes(PROTOCOL) ? PROTOCOL : "unsupported";
};

/** The first word after the handshake: the client may subscribe now. */
export const WELCOME = JSON.stringify({ type: "welcome" });

/** The heartbeat; a stock client that hears nothing for six seconds connects anew. */
export const ping = (now: Date): string =>
  JSON.stringify({ type: "ping", message: Math.floor(now.getTime() / 1_000) });

export const confirmation = (identifier: string): string =>
  JSON.stringify({ identifier, type: "confirm_subscription" });

export const rejection = (identifier: string): string =>
  JSON.stringify({ identifier, type: "reject_subscription" });

/** The last word before a close; `reconnect` tells the client whether to come back by itself. */
export const disconnection = (reason: DisconnectReason, reconnect: boolean): string =>
  JSON.stringify({ type: "disconnect", reason, reconnect });

/**
 * What stands before and after a message of one subscription, so that a message is serialised once
 * for everybody and only wrapped for each.
 */
export const envelope = (identifier: string): ((message: string) => string) => {
  const opening = `{"identifier":${JSON.stringify(identifier)},"message":`;
  return (message) => `${opening}${message}}`;
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
