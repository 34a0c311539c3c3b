/**
 * The words of ActionCable, as the stock client speaks them. An `identifier` is a JSON text chosen by
 * the client; it names the subscription and is sent back unchanged.
 */
export const PROTOCOL = "actioncable-v1-json";

/** AnyCable's extension of it: messages carry their place in a stream, from which to resume. */
export const EXTENDED_PROTOCOL = "actioncable-v1-ext-json";

export type Protocol = typeof PROTOCOL | typeof EXTENDED_PROTOCOL;

/** A place in a stream. An offset only means something within its epoch. */
export type StreamPlace = { readonly epoch: string; readonly offset: number };

/** Where a client stands in the streams of one subscription. */
export type History = ReadonlyMap<string, StreamPlace>;

/** What a client may ask for. */
export type CableCommand = {
  readonly command: (typeof COMMANDS)[number];
  readonly identifier: string;
  /** What the client has seen of the subscription before; only the extended protocol has it. */
  readonly history: History | undefined;
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
const STREAMS_MAX = 50;

/** Reads what a client sent; undefined for anything that is no command. */
export const parseCommand = (text: string): CableCommand | undefined => {
  const frame = parseObject(text);
  const command = COMMANDS.find((name) => name === frame?.["command"]);
  const identifier = frame?.["identifier"];
  if (command === undefined || typeof identifier !== "string") return undefined;
  if (identifier.length > IDENTIFIER_CHARACTERS_MAX) return undefined;
  return { command, identifier, history: parseHistory(frame?.["history"]) };
};

/** `{"since":…,"streams":{"<stream>":{"epoch":"…","offset":7}}}`; times are of no use here. */
const parseHistory = (value: unknown): History | undefined => {
  if (!isRecord(value)) return undefined;
  const { streams = {} } = value;
  const named = isRecord(streams) ? Object.entries(streams).slice(0, STREAMS_MAX) : [];
  return new Map(
    named.flatMap(([stream, place]) => {
      const { epoch, offset } = isRecord(place) ? place : {};
      const isPlace = typeof epoch === "string" && typeof offset === "number";
      return isPlace && Number.isSafeInteger(offset) && offset >= 0
        ? [[stream, { epoch, offset }] as const]
        : [];
    }),
  );
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
export const chooseProtocol = (offered: Iterable<string>): Protocol | "none" | "unsupported" => {
  const names = [...offered];
  if (names.length === 0) return "none";
  return names.find(isProtocol) ?? "unsupported";
};

const isProtocol = (name: string): name is Protocol =>
  name === PROTOCOL || name === EXTENDED_PROTOCOL;

/** The first word after the handshake: the client may subscribe now. */
export const WELCOME = JSON.stringify({ type: "welcome" });

/** The heartbeat; a stock client that hears nothing for six seconds connects anew. */
export const ping = (now: Date): string =>
  JSON.stringify({ type: "ping", message: Math.floor(now.getTime() / 1_000) });

export const confirmation = (identifier: string): string =>
  JSON.stringify({ identifier, type: "confirm_subscription" });

export const rejection = (identifier: string): string =>
  JSON.stringify({ identifier, type: "reject_subscription" });

/** What the client had missed was sent: all of it, or (a rejection) not. */
export const historyAnswer = (identifier: string, isComplete: boolean): string =>
  JSON.stringify({ identifier, type: isComplete ? "confirm_history" : "reject_history" });

/** The last word before a close; `reconnect` tells the client whether to come back by itself. */
export const disconnection = (reason: DisconnectReason, reconnect: boolean): string =>
  JSON.stringify({ type: "disconnect", reason, reconnect });

/** The stream that a message is part of, and its place there. */
export type Place = StreamPlace & { readonly stream: string };

/**
 * What stands before and after a message of one subscription, so that a message is serialised once
 * for everybody and only wrapped for each. The place is for clients of the extended protocol.
 */
export const envelope = (
  identifier: string,
  protocol: Protocol = PROTOCOL,
): ((message: string, place?: Place) => string) => {
  const opening = `{"identifier":${JSON.stringify(identifier)},"message":`;
  const plain = (message: string): string => `${opening}${message}}`;
  if (protocol === PROTOCOL) return plain;
  return (message, place) =>
    place === undefined ? plain(message) : `${opening}${message},${placeText(place)}}`;
};

const placeText = ({ stream, epoch, offset }: Place): string =>
  `"stream_id":${JSON.stringify(stream)},"epoch":${JSON.stringify(epoch)},"offset":${offset}`;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
