import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";

/** A Lambda behind a WebSocket route. */
type SocketLambda = (
  event: never,
) => Promise<{ readonly statusCode: number; readonly headers?: Readonly<Record<string, string>> }>;

type SocketLambdas = {
  readonly connect: SocketLambda;
  readonly message: SocketLambda;
  readonly disconnect: SocketLambda;
};

const PAYLOAD_BYTES_MAX = 128 * 1024;

/**
 * The behaviour of API Gateway for a WebSocket API, as far as a client and three functions can see
 * it: it calls them with its events and answers its management API, with 410 for a connection that
 * does not exist (yet) and 413 for more than 128 KiB.
 */
export const startApiGateway = async (lambdas: SocketLambdas, stage = "local") => {
  const sockets = new Map<string, WebSocket>();
  const accepting = new WebSocketServer({ noServer: true, handleProtocols: () => false });
  const posts = { sent: 0, gone: 0, atOnce: 0, peak: 0 };
  /** How long a post to a connection takes in milliseconds; posts to a slow reader are slow. */
  const delays = new Map<string, number>();
  const server = createServer((request, response) => {
    manage(request, response).catch(() => response.destroy());
  });

  const manage = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const path = decodeURIComponent(request.url ?? "");
    const management = `/${stage}/@connections/`;
    const id = path.startsWith(management) ? path.slice(management.length) : "";
    const signed = request.headers.authorization?.startsWith("AWS4-HMAC-SHA256 ") === true;
    const socket = sockets.get(id);
    const refuse = (status: number, type: string): void => {
      const headers = { "content-type": "application/json", "x-amzn-errortype": type };
      response.writeHead(status, headers).end(JSON.stringify({ message: type }));
    };
    if (!signed) return refuse(403, "ForbiddenException");
    if (socket === undefined) {
      posts.gone += 1;
      return refuse(410, "GoneException");
    }
    if (body.length > PAYLOAD_BYTES_MAX) return refuse(413, "PayloadTooLargeException");
    if (request.method === "DELETE") {
      socket.close(1_000);
      response.writeHead(204).end();
      return;
    }
    posts.atOnce += 1;
    posts.peak = Math.max(posts.peak, posts.atOnce);
    await new Promise((resolve) => setTimeout(resolve, delays.get(id) ?? 0));
    posts.atOnce -= 1;
    posts.sent += 1;
    socket.send(body.toString());
    response.writeHead(200).end();
  };

  const eventOf = (eventType: string, routeKey: string, connectionId: string, more: object) =>
    ({
      requestContext: { eventType, routeKey, connectionId, stage, apiId: "fake" },
      isBase64Encoded: false,
      ...more,
    }) as never;

  const upgrade = async (request: IncomingMessage, raw: Duplex, head: Buffer): Promise<void> => {
    // Like API Gateway's own ids, with characters that have a meaning in a path.
    const id = `${randomBytes(9).toString("base64")}+/=`;
    const url = new URL(request.url ?? "/", "http://gateway");
    const pairs = [...url.searchParams.keys()].map((key) => [key, url.searchParams.getAll(key)]);
    const headers = Object.entries(request.headers).map(([name, value]) => [
      name.replace(/^./, (first) => first.toUpperCase()),
      [value].flat(),
    ]);
    const reply = await lambdas.connect(
      eventOf("CONNECT", "$connect", id, {
        multiValueHeaders: Object.fromEntries(headers),
        multiValueQueryStringParameters: pairs.length === 0 ? null : Object.fromEntries(pairs),
      }),
    );
    if (reply.statusCode !== 200) {
      raw.end(`HTTP/1.1 ${reply.statusCode} Refused\r\nConnection: close\r\n\r\n`);
      return;
    }
    accepting.once("headers", (lines) => {
      const protocol = reply.headers?.["Sec-WebSocket-Protocol"];
      if (protocol !== undefined) lines.push(`Sec-WebSocket-Protocol: ${protocol}`);
    });
    accepting.handleUpgrade(request, raw, head, (socket) => {
      sockets.set(id, socket);
      socket.on("error", () => {});
      socket.on("message", (data) => {
        void lambdas.message(eventOf("MESSAGE", "$default", id, { body: data.toString() }));
      });
      socket.on("close", () => {
        sockets.delete(id);
        if (!silent.has(id)) void lambdas.disconnect(eventOf("DISCONNECT", "$disconnect", id, {}));
      });
    });
  };
  /** Connections whose end is not reported to a function: AWS does not guarantee the report. */
  const silent = new Set<string>();

  server.on("upgrade", (request, socket, head) => {
    socket.on("error", () => socket.destroy());
    upgrade(request, socket, head).catch(() => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    ...{ port, posts, delays, silent },
    url: `http://127.0.0.1:${port}/${stage}`,
    connectionIds: (): readonly string[] => [...sockets.keys()],
    close: () => {
      for (const socket of sockets.values()) socket.terminate();
      server.closeAllConnections();
      server.close();
    },
  };
};
