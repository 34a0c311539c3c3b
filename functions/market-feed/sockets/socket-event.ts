/** What a WebSocket handler is told: the part of API Gateway's event that the handlers here read. */
export type SocketEvent = {
  readonly requestContext: {
    readonly eventType: "CONNECT" | "MESSAGE" | "DISCONNECT";
    readonly routeKey: string;
    readonly connectionId: string;
  };
  /** Only while connecting. */
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[] | undefined>> | undefined;
  readonly multiValueQueryStringParameters?:
    | Readonly<Record<string, readonly string[] | undefined>>
    | null
    | undefined;
  readonly body?: string | null;
};

/** What a handler answers; the status decides whether a connection is let in. */
export type SocketAnswer = {
  readonly statusCode: number;
  readonly headers?: Readonly<Record<string, string>>;
};

export type SocketHandler = (event: SocketEvent) => Promise<SocketAnswer>;
