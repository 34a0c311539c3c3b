import { once } from "node:events";
import { connect, type Socket } from "node:net";

// Requests of broken or malicious clients, for every HTTP server of this project.

const HOST = "Host: x\r\n";

const request = (line: string, headers = HOST, body = ""): string =>
  `${line}\r\n${headers}\r\n${body}`;

/** Request heads that no correct client sends, by their fault. */
export const MALFORMED_REQUESTS: Readonly<Record<string, string | Buffer>> = {
  "a path of two slashes": request("GET // HTTP/1.1"),
  "a path that looks like another host": request("GET //evil.example/health HTTP/1.1"),
  "an absolute URL of another host": request("GET http://evil.example/x HTTP/1.1"),
  "an absolute URL without a host": request("GET http:// HTTP/1.1"),
  "an absolute URL with a broken address": request("GET http://[::1 HTTP/1.1"),
  "an absolute URL with a broken port": request("GET http://x:99999999/ HTTP/1.1"),
  "an asterisk": request("GET * HTTP/1.1"),
  "OPTIONS of an asterisk": request("OPTIONS * HTTP/1.1"),
  "CONNECT to another host": request("CONNECT evil.example:443 HTTP/1.1"),
  "a broken percent-encoding": request("GET /%zz/%/%c0%af HTTP/1.1"),
  "an encoded parent folder": request("GET /..%2f..%2fetc%2fpasswd HTTP/1.1"),
  "a parent folder": request("GET /../../etc/passwd HTTP/1.1"),
  "an encoded NUL": request("GET /%00 HTTP/1.1"),
  "a raw NUL": request("GET /\0 HTTP/1.1"),
  backslashes: request("GET /\\\\evil\\x HTTP/1.1"),
  "a path with bytes above 127": Buffer.concat([
    Buffer.from("GET /"),
    Buffer.from([0xff, 0xfe, 0xc3]),
    Buffer.from(" HTTP/1.1\r\nHost: x\r\n\r\n"),
  ]),
  "an empty path": request("GET  HTTP/1.1"),
  "only a query": request("GET ?a=b HTTP/1.1"),
  "no version": "GET /\r\n\r\n",
  "an unknown version": request("GET / HTTP/9.9"),
  "HTTP/1.1 without a host": request("GET / HTTP/1.1", ""),
  "two hosts": request("GET / HTTP/1.1", "Host: x\r\nHost: y\r\n"),
  "an unknown method": request("BREW / HTTP/1.1"),
  "a path of 100 KB": request(`GET /${"x".repeat(100_000)} HTTP/1.1`),
  "a header of 100 KB": request("GET / HTTP/1.1", `${HOST}X: ${"x".repeat(100_000)}\r\n`),
  "5,000 headers": request(
    "GET / HTTP/1.1",
    HOST + Array.from({ length: 5_000 }, (_, n) => `H${n}: x\r\n`).join(""),
  ),
  "a header without a colon": request("GET / HTTP/1.1", `${HOST}nonsense\r\n`),
  "a header named __proto__": request("GET / HTTP/1.1", `${HOST}__proto__: x\r\n`),
  "two lengths": request("POST / HTTP/1.1", `${HOST}Content-Length: 1\r\nContent-Length: 2\r\n`),
  "a negative length": request("POST / HTTP/1.1", `${HOST}Content-Length: -1\r\n`),
  "a length and chunks": request(
    "POST / HTTP/1.1",
    `${HOST}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n`,
    "0\r\n\r\n",
  ),
  "a broken chunk": request("POST / HTTP/1.1", `${HOST}Transfer-Encoding: chunked\r\n`, "zz\r\n"),
  "an unknown expectation": request("POST / HTTP/1.1", `${HOST}Expect: miracles\r\n`),
  "an upgrade to an unknown protocol": request(
    "GET / HTTP/1.1",
    `${HOST}Connection: Upgrade\r\nUpgrade: x\r\n`,
  ),
  "an upgrade without a key": request(
    "GET // HTTP/1.1",
    `${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\n`,
  ),
  "the preface of HTTP/2": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  "a TLS handshake": Buffer.from([
    0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03,
  ]),
  "random bytes": Buffer.from(Array.from({ length: 2_000 }, (_, n) => (n * 7_919) % 256)),
};

/** A raw connection. Errors are expected, and answers are collected. */
export const openTcp = async (
  port: number,
): Promise<{ readonly socket: Socket; readonly received: () => string }> => {
  const socket = connect(port, "127.0.0.1");
  let received = "";
  socket.on("error", () => {});
  socket.on("data", (chunk: Buffer) => {
    received += chunk.toString("latin1");
  });
  await once(socket, "connect", { signal: AbortSignal.timeout(10_000) });
  return { socket, received: () => received };
};

/** Resolves when the socket is closed, also by a reset; rejects after thirty seconds. */
export const closeOf = (socket: Socket): Promise<void> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("the server keeps the connection")), 30_000);
    socket.once("close", () => {
      clearTimeout(timer);
      resolve();
    });
  });

/** Sends bytes and ends the sending side; resolves with the answer when the server has closed. */
export const sendAndEnd = async (port: number, bytes: string | Buffer): Promise<string> => {
  const { socket, received } = await openTcp(port);
  const closed = closeOf(socket);
  socket.end(bytes);
  await closed;
  return received();
};

/**
 * Every way to disconnect in the middle of a request: after some bytes, with data unread or not.
 */
export const resetInEveryState = async (port: number, request: string): Promise<number> => {
  const ends = [0, 1, request.indexOf("\r\n") + 2, request.indexOf("\r\n\r\n"), request.length];
  let resets = 0;
  for (const end of ends)
    for (const waits of [false, true]) {
      const { socket, received } = await openTcp(port);
      const closed = closeOf(socket);
      if (end > 0) socket.write(request.slice(0, end));
      // A server that answers has unread data of its own when the reset arrives.
      if (waits && end === request.length)
        await Promise.race([new Promise((resolve) => socket.once("data", resolve)), closed]);
      if (received() === "" || waits) socket.pause();
      socket.resetAndDestroy();
      await closed;
      resets += 1;
    }
  return resets;
};
