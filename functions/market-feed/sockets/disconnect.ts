import type { SocketHandler } from "./socket-event.ts";

/** Forgets a connection and what it had subscribed to; forgetting twice does no harm. */
export const disconnect =
  (deps: { readonly forget: (connectionId: string) => void | Promise<void> }): SocketHandler =>
  async ({ requestContext: { connectionId } }) => {
    await deps.forget(connectionId);
    return { statusCode: 200 };
  };
