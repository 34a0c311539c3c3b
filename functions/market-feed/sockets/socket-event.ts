/** The part of API Gateway's WebSocket event that the handlers read. */
export type SocketEvent = {
  readonly requestContext: {
    readonly eventType: "CONNECT" | "MESSAGE" | "DISCONNECT";
    readonly routeKey: string;
    readonly connectionId: string;
    /** Set by API Gateway; the feed's own server sends the address in `x-forwarded-for`. */
    readonly identity?: { readonly sourceIp?: string };
  };
  /** Present only in a CONNECT event. */
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[] | undefined>> | undefined;
  readonly multiValueQueryStringParameters?:
    | Readonly<Record<string, readonly string[] | undefined>>
    | null
    | undefined;
  readonly body?: string | null;
};

/** The result of a handler; for CONNECT the status decides whether the socket is opened. */
export type SocketResult = {
  readonly statusCode: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Of a refused handshake: the `code` and `detail` of the problem, as JSON. */
  readonly body?: string;
};

export type SocketHandler = (event: SocketEvent) => Promise<SocketResult>;
