import { connect, createServer, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

// Forwards connections to a port and delays all bytes, as a network would. The arguments are the
// port and the milliseconds for each direction. Prints its own port.

const [target, milliseconds] = process.argv.slice(2).map(Number);

const forward = (from: Socket, to: Socket): void => {
  from.on("data", async (chunk) => {
    await delay(milliseconds);
    if (!to.destroyed) to.write(chunk);
  });
  from.on("error", () => to.destroy());
  from.on("close", () => to.destroy());
};

const server = createServer({ noDelay: true }, (client) => {
  const upstream = connect({ port: target ?? 0, host: "127.0.0.1", noDelay: true });
  forward(client, upstream);
  forward(upstream, client);
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  console.log(typeof address === "object" && address !== null ? address.port : 0);
});
