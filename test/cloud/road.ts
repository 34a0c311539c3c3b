import type { AddressInfo } from "node:net";
import { connect, createServer, type Socket } from "node:net";

/** A proxy to a server. It can drop connections without a notice to either side. */
export const startRoad = async (target: number) => {
  const travelling = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(target, "127.0.0.1");
    for (const socket of [near, far]) {
      travelling.add(socket);
      socket.on("error", () => {});
    }
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    /**
     * From now on no bytes pass over the existing connections; new connections are not affected.
     */
    loseConnections: (): void => {
      for (const socket of travelling) {
        socket.unpipe();
        socket.pause();
      }
      travelling.clear();
    },
    close: (): void => {
      server.close();
    },
  };
};
