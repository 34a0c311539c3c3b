import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";

// The contestant: `ws` alone. It sends each text it is given to every socket it has.

const sockets = new Set<WebSocket>();
const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false });
server.on("connection", (socket) => {
  sockets.add(socket);
  socket.on("close", () => sockets.delete(socket));
  socket.send('{"type":"welcome"}');
});
server.on("listening", () => {
  process.send?.({ port: (server.address() as AddressInfo).port });
});

process.on("message", (request: { readonly texts?: readonly string[] }) => {
  for (const text of request.texts ?? []) {
    const data = Buffer.from(text);
    for (const socket of sockets) socket.send(data, { binary: false });
  }
  if (request.texts !== undefined) return;
  const { user, system } = process.cpuUsage();
  process.send?.({ rss: process.memoryUsage().rss, cpuSeconds: (user + system) / 1e6 });
});
