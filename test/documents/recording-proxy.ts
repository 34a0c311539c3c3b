import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A request that went through, and how it was answered. */
export type Seen = {
  readonly method: string;
  readonly path: string;
  readonly arrivedAt: number;
  readonly answeredAt: number;
  readonly status: number;
  readonly retryAfterSeconds: number | undefined;
};

export type RecordingProxy = {
  readonly url: string;
  readonly seen: readonly Seen[];
  /** Answers the next requests with 503 and this Retry-After instead of passing them on. */
  readonly refuseNext: (count: number, retryAfterSeconds: number) => void;
  readonly close: () => void;
};

/** An HTTP proxy in front of the gateway that records every request and can refuse some of them. */
export const recordingProxy = async (gatewayPort: number): Promise<RecordingProxy> => {
  const seen: Seen[] = [];
  let refusals = 0;
  let retryAfter = 0;
  const handle = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const arrivedAt = performance.now();
    outgoing.once("finish", () => {
      const header = outgoing.getHeader("retry-after");
      seen.push({
        ...{ method: incoming.method ?? "", path: incoming.url ?? "", status: outgoing.statusCode },
        ...{ arrivedAt, answeredAt: performance.now() },
        retryAfterSeconds: header === undefined ? undefined : Number(header),
      });
    });
    if (refusals > 0) {
      refusals -= 1;
      incoming.resume();
      outgoing.writeHead(503, { "retry-after": String(retryAfter) }).end();
    } else forward(incoming, outgoing, gatewayPort);
  };
  const server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    refuseNext: (count, retryAfterSeconds) => {
      refusals = count;
      retryAfter = retryAfterSeconds;
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
};

const forward = (incoming: IncomingMessage, outgoing: ServerResponse, port: number): void => {
  const { method, url: path, headers } = incoming;
  const onward = request({ host: "127.0.0.1", port, method, path, headers }, (response) => {
    for (const [name, value] of Object.entries(response.headers))
      if (value !== undefined) outgoing.setHeader(name, value);
    outgoing.statusCode = response.statusCode ?? 502;
    response.pipe(outgoing);
  });
  onward.once("error", () => outgoing.destroy());
  incoming.pipe(onward);
};
