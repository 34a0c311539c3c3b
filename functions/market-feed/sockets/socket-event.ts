/** The part of API Gateway's WebSocket event that the handlers read. */
export type SocketEvent = {
  readonly requestContext: {
    readonly eventType: "CONNECT" | "MESSAGE" | "DISCONNECT";
    readonly routeKey: string;
    readonly connectionId: string;
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
};

export type SocketHandler = (event: SocketEvent) => Promise<SocketResult>;
