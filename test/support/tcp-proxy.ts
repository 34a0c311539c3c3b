import { connect, createServer, type Socket } from "node:net";
import { after } from "node:test";

/**
 * A proxy to a server that can be closed, blocked, and cut at the moment when a statement has been
 * committed and its answer is on the way.
 */
type TcpProxy = {
  readonly port: number;
  /** Lets everything through again. Blocked connections continue where they stopped. */
  readonly open: () => void;
  /** Ends every connection and refuses new ones. */
  readonly cut: () => void;
  /** Accepts connections and passes no bytes over any of them. */
  readonly jam: () => void;
  /** From now on, the answer to a statement with this text is lost, and its connection with it. */
  readonly loseAnswersTo: (...texts: readonly string[]) => void;
  /** How many answers were lost so far. */
  readonly lost: () => number;
};

/** ReadyForQuery outside a transaction: the statement was committed or refused. */
const READY = Buffer.from("Z\0\0\0\u0005I", "latin1");

type State = "open" | "cut" | "jammed";

/** Starts a proxy to a local port; it ends with the test file. */
export const tcpProxy = async (target: number): Promise<TcpProxy> => {
  let state: State = "open";
  let fatal: readonly string[] = [];
  let lost = 0;
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on("error", () => {}).on("close", () => sockets.delete(socket));
    if (state === "jammed") socket.pause();
  };
  const server = createServer((client) => {
    if (state === "cut") {
      client.destroy();
      return;
    }
    const upstream = connect(target, "127.0.0.1");
    for (const socket of [client, upstream]) keep(socket);
    let doomed = false;
    client.on("data", (chunk) => {
      if (fatal.some((text) => chunk.includes(text))) doomed = true;
      upstream.write(chunk);
    });
    upstream.on("data", (chunk) => {
      if (!doomed) {
        client.write(chunk);
        return;
      }
      // PostgreSQL acknowledges that it has read a statement before it reports that it has executed
      // it.
      if (client.destroyed || !chunk.subarray(-READY.length).equals(READY)) return;
      lost += 1;
      client.destroy();
      upstream.end();
    });
    client.on("close", () => upstream.destroy());
    upstream.on("close", () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const change = (next: State, apply: (socket: Socket) => void) => (): void => {
    state = next;
    for (const socket of sockets) apply(socket);
  };
  const cut = change("cut", (socket) => socket.destroy());
  after(() => {
    cut();
    server.close();
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    open: change("open", (socket) => socket.resume()),
    cut,
    jam: change("jammed", (socket) => socket.pause()),
    loseAnswersTo: (...texts) => {
      fatal = texts;
    },
    lost: () => lost,
  };
};

/** The same address, through the proxy. */
export const by = (proxy: TcpProxy, url: string): string => {
  const detour = new URL(url);
  detour.port = String(proxy.port);
  return detour.href;
};
