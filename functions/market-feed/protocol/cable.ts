/**
 * The ActionCable protocol, as the stock client speaks it. An `identifier` is a JSON text chosen by the
 * client; it names the subscription and is sent back unchanged.
 */
export const PROTOCOL = "actioncable-v1-json";

/** AnyCable's extension: messages carry a position in a stream, from which a client can resume. */
export const EXTENDED_PROTOCOL = "actioncable-v1-ext-json";

export type Protocol = typeof PROTOCOL | typeof EXTENDED_PROTOCOL;

/** A position in a stream. Offsets can only be compared within one epoch. */
export type StreamPosition = { readonly epoch: string; readonly offset: number };

/** The last position that a client has received, by stream, of one subscription. */
export type History = ReadonlyMap<string, StreamPosition>;

/** What a client may ask for. */
export type CableCommand = {
  readonly command: (typeof COMMANDS)[number];
  readonly identifier: string;
  /** What the client has received before; only the extended protocol sends it. */
  readonly history: History | undefined;
};

/** Why a command was ignored or a subscription was rejected. `code` is stable, `detail` is for people. */
export type CableError = { readonly code: string; readonly detail: string };

/** Why the server closes a socket. */
export type DisconnectReason =
  | "server_restart"
  | "slow_client"
  | "token_expired"
  | "session_ended"
  | "invalid_request"
  | "unresponsive";

const COMMANDS = ["subscribe", "unsubscribe", "message"] as const;
const IDENTIFIER_CHARACTERS_MAX = 1_024;
const STREAMS_MAX = 50;

/** Parses a frame of a client. Returns an error for a frame that is not a command. */
export const parseCommand = (text: string): CableCommand | CableError => {
  const frame = parseObject(text);
  if (frame === undefined)
    return { code: "malformed_command", detail: "A command is a JSON object in a text frame." };
  const command = COMMANDS.find((name) => name === frame["command"]);
  if (command === undefined)
    return { code: "unknown_command", detail: `The commands are ${COMMANDS.join(", ")}.` };
  const { identifier } = frame;
  if (typeof identifier !== "string" || identifier.length > IDENTIFIER_CHARACTERS_MAX)
    return {
      code: "invalid_identifier",
      detail: `"identifier" is a text of at most ${IDENTIFIER_CHARACTERS_MAX} characters.`,
    };
  return { command, identifier, history: parseHistory(frame["history"]) };
};

/** Parses `{"since":…,"streams":{"<stream>":{"epoch":"…","offset":7}}}`; `since` is not used. */
const parseHistory = (value: unknown): History | undefined => {
  if (!isRecord(value)) return undefined;
  const { streams = {} } = value;
  const entries = isRecord(streams) ? Object.entries(streams).slice(0, STREAMS_MAX) : [];
  return new Map(
    entries.flatMap(([stream, position]) => {
      const { epoch, offset } = isRecord(position) ? position : {};
      const isPosition = typeof epoch === "string" && typeof offset === "number";
      return isPosition && Number.isSafeInteger(offset) && offset >= 0
        ? [[stream, { epoch, offset }] as const]
        : [];
    }),
  );
};

/** Parses a JSON text that is an object; returns undefined for anything else. */
export const parseObject = (text: string): Readonly<Record<string, unknown>> | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

/**
 * Chooses the sub-protocol to answer an offer with. A client that offers none is accepted; a client
 * that offers only unknown ones is `"unsupported"`, since it could not understand the messages.
 */
export const chooseProtocol = (offered: Iterable<string>): Protocol | "none" | "unsupported" => {
  const names = [...offered];
  if (names.length === 0) return "none";
  return names.find(isProtocol) ?? "unsupported";
};

const isProtocol = (name: string): name is Protocol =>
  name === PROTOCOL || name === EXTENDED_PROTOCOL;

/** The first frame after the handshake: the client may subscribe now. */
export const WELCOME = JSON.stringify({ type: "welcome" });

/** The heartbeat; a stock client that receives nothing for six seconds reconnects. */
export const ping = (now: Date): string =>
  JSON.stringify({ type: "ping", message: Math.floor(now.getTime() / 1_000) });

export const confirmation = (identifier: string): string =>
  JSON.stringify({ identifier, type: "confirm_subscription" });

/** Rejects a subscription. The stock client ignores the fields that say why. */
export const rejection = (identifier: string, { code, detail }: CableError): string =>
  JSON.stringify({ identifier, type: "reject_subscription", code, detail });

/**
 * Tells why a command was ignored. The identifier is empty because the stock client would pass the
 * frame to the subscription with that identifier as if it were one of its messages.
 */
export const errorFrame = ({ code, detail }: CableError): string =>
  JSON.stringify({ type: "error", identifier: "", code, detail });

/** Ends the replay of a history: everything that was missed was sent, or (a rejection) it was not. */
export const historyResult = (identifier: string, isComplete: boolean): string =>
  JSON.stringify({ identifier, type: isComplete ? "confirm_history" : "reject_history" });

/** The last frame before a close; `reconnect` tells the client whether to reconnect by itself. */
export const disconnection = (reason: DisconnectReason, reconnect: boolean): string =>
  JSON.stringify({ type: "disconnect", reason, reconnect });

/** The stream that a message belongs to, and its position there. */
export type MessagePosition = StreamPosition & { readonly stream: string };

/**
 * Returns a function that wraps messages of one subscription, so that a message is serialised once for
 * all subscribers. Only clients of the extended protocol receive positions.
 */
export const envelope = (
  identifier: string,
  protocol: Protocol = PROTOCOL,
): ((message: string, position?: MessagePosition) => string) => {
  const opening = `{"identifier":${JSON.stringify(identifier)},"message":`;
  const plain = (message: string): string => `${opening}${message}}`;
  if (protocol === PROTOCOL) return plain;
  return (message, position) =>
    position === undefined ? plain(message) : `${opening}${message},${positionFields(position)}}`;
};

const positionFields = ({ stream, epoch, offset }: MessagePosition): string =>
  `"stream_id":${JSON.stringify(stream)},"epoch":${JSON.stringify(epoch)},"offset":${offset}`;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
