/** `lost`: the connection broke, and a new one is being made. `closed`: it ended for ever. */
export type CableState = "connecting" | "open" | "lost" | "closed";

export type CableOptions = {
  /** The address of the next connection, with a new ticket each time. */
  readonly url: () => Promise<string>;
  readonly onState?: (state: CableState) => void;
  readonly onMessage: (identifier: string, message: unknown) => void;
  readonly onConfirmed?: (identifier: string) => void;
  readonly onRejected?: (identifier: string) => void;
};

type Frame = {
  readonly type?: string;
  readonly identifier?: string;
  readonly message?: unknown;
  readonly reason?: string;
};

const PROTOCOL = "actioncable-v1-json";
/** The server pings every three seconds. */
const SILENCE_MS = 8_000;
const BACKOFF_MS = [250, 500, 1_000, 2_000, 4_000, 8_000] as const;

/** Between half of the step and the whole step, so that many clients do not reconnect at the same moment. */
const backoffMs = (failures: number): number => {
  const step = BACKOFF_MS[Math.min(failures, BACKOFF_MS.length - 1)] ?? 8_000;
  return step / 2 + Math.random() * (step / 2);
};

const parse = (data: unknown): Frame => {
  try {
    const frame: unknown = JSON.parse(String(data));
    return typeof frame === "object" && frame !== null ? frame : {};
  } catch {
    return {};
  }
};

/**
 * Keeps one ActionCable connection: subscribes again after each reconnect, and asks for a new address first,
 * because a ticket opens one socket only.
 */
export class Cable {
  readonly #options: CableOptions;
  readonly #identifiers = new Set<string>();
  #socket: WebSocket | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #state: CableState = "connecting";

  constructor(options: CableOptions) {
    this.#options = options;
    void this.#connect();
  }

  subscribe(identifier: string): void {
    this.#identifiers.add(identifier);
    this.#send("subscribe", identifier);
  }

  unsubscribe(identifier: string): void {
    this.#identifiers.delete(identifier);
    this.#send("unsubscribe", identifier);
  }

  /** Drops the connection and makes a new one after a pause, as after a network failure. */
  reconnect(): void {
    this.#drop();
    if (this.#state === "closed") return;
    this.#enter("lost");
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#connect(), backoffMs(this.#failures));
    this.#failures += 1;
  }

  close(): void {
    this.#enter("closed");
    clearTimeout(this.#timer);
    this.#drop();
  }

  async #connect(): Promise<void> {
    try {
      const url = await this.#options.url();
      if (this.#state === "closed") return;
      const socket = new WebSocket(url, PROTOCOL);
      this.#socket = socket;
      this.#expectFrames();
      socket.onmessage = ({ data }) => {
        if (socket === this.#socket) this.#receive(parse(data));
      };
      socket.onclose = () => {
        if (socket === this.#socket) this.reconnect();
      };
    } catch {
      this.reconnect();
    }
  }

  #receive(frame: Frame): void {
    this.#expectFrames();
    if (frame.type === "welcome") {
      this.#failures = 0;
      this.#enter("open");
      for (const identifier of this.#identifiers) this.#send("subscribe", identifier);
    } else if (frame.type === "disconnect") {
      // An expired token is replaced with the next ticket; a refused request would be refused again.
      if (frame.reason === "invalid_request") this.close();
      else this.reconnect();
    } else if (frame.identifier !== undefined && this.#identifiers.has(frame.identifier))
      this.#deliver(frame.identifier, frame);
  }

  #deliver(identifier: string, { type, message }: Frame): void {
    if (type === "confirm_subscription") this.#options.onConfirmed?.(identifier);
    else if (type === "reject_subscription") this.#options.onRejected?.(identifier);
    else if (type === undefined) this.#options.onMessage(identifier, message);
  }

  #expectFrames(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.reconnect(), SILENCE_MS);
  }

  #send(command: string, identifier: string): void {
    if (this.#state === "open") this.#socket?.send(JSON.stringify({ command, identifier }));
  }

  #enter(state: CableState): void {
    if (state === this.#state || this.#state === "closed") return;
    this.#state = state;
    this.#options.onState?.(state);
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
  }
}
