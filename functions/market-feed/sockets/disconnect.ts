import type { SocketHandler } from "./socket-event.ts";

/** Handles the end of a connection: its subscriptions are removed. Calling it twice does no harm. */
export const disconnect =
  (deps: {
    readonly removeConnection: (connectionId: string) => void | Promise<void>;
  }): SocketHandler =>
  async ({ requestContext: { connectionId } }) => {
    await deps.removeConnection(connectionId);
    return { statusCode: 200 };
  };
