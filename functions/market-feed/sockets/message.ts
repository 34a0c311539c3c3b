import type { ClientId, Ticker } from "../../../layers/domain/identifiers.ts";
import type { MarketPublisher } from "../books/market-publisher.ts";
import { SUBSCRIPTIONS_MAX } from "../books/subscribers.ts";
import type { ActivityFollower } from "../orders/activity-follower.ts";
import { type ActivityPublisher, ORDERS_STREAM } from "../orders/activity-publisher.ts";
import {
  type CableCommand,
  type CableError,
  confirmation,
  errorFrame,
  parseCommand,
  rejection,
} from "../protocol/cable.ts";
import { parseChannel } from "../protocol/channel.ts";
import type { MarketSubscription } from "../protocol/market-channel.ts";
import { createMessageBatch, type Send } from "../protocol/message-batch.ts";
import type { ConnectionOwner } from "./connect.ts";
import type { SocketHandler } from "./socket-event.ts";

type Deps = {
  readonly market: Pick<MarketPublisher, "mayAdd" | "subscribe" | "unsubscribe">;
  readonly orders: Pick<ActivityFollower, "subscribe" | "unsubscribe"> &
    Pick<ActivityPublisher, "mayAdd">;
  readonly send: Send;
  /** Undefined once the connection has ended. */
  readonly ownerOf: (connectionId: string) => ConnectionOwner | undefined;
  /** The first symbol that has no book. */
  readonly findUnknown: (symbols: readonly Ticker[]) => Promise<Ticker | undefined>;
  /** Returns whether `books` whole books may be sent to the client now. */
  readonly takeSnapshots: (clientId: ClientId, books: number) => boolean;
  /** Called when the books cannot be read: the client is asked to reconnect. */
  readonly onOutage: (connectionId: string, error: unknown) => void;
};

/** Handles a frame of a client. An invalid or impossible command is answered with a reason. */
export const message =
  (deps: Deps): SocketHandler =>
  async ({ requestContext: { connectionId }, body }) => {
    const owner = deps.ownerOf(connectionId);
    if (owner === undefined) return { statusCode: 200 };
    const command = parseCommand(body ?? "");
    if ("code" in command) sendText(deps, connectionId, errorFrame(command));
    else await perform(deps, { ...command, connectionId, owner });
    return { statusCode: 200 };
  };

type Call = CableCommand & { readonly connectionId: string; readonly owner: ConnectionOwner };

const sendText = ({ send }: Deps, connectionId: string, text: string): void =>
  send(connectionId, createMessageBatch([{ text }]));

const perform = async (deps: Deps, call: Call): Promise<void> => {
  const { connectionId, identifier } = call;
  switch (call.command) {
    case "subscribe": {
      const refusal = await subscribe(deps, call).catch((error: unknown) => {
        deps.onOutage(connectionId, error);
      });
      if (refusal !== undefined) sendText(deps, connectionId, rejection(identifier, refusal));
      return;
    }
    case "unsubscribe":
      deps.market.unsubscribe(connectionId, identifier);
      deps.orders.unsubscribe(connectionId, identifier);
      return;
    case "message":
      sendText(deps, connectionId, errorFrame(NO_ACTIONS));
  }
};

const NO_ACTIONS = { code: "no_actions", detail: "The channels have no actions to perform." };

/** Returns why the subscription is rejected, or undefined when it is not. */
const subscribe = async (deps: Deps, call: Call): Promise<CableError | undefined> => {
  const channel = parseChannel(call.identifier);
  if ("code" in channel) return channel;
  return channel.channel === "MarketChannel"
    ? subscribeToMarket(deps, call, channel.subscription)
    : subscribeToOrders(deps, call);
};

const TOO_MANY_SUBSCRIPTIONS = {
  code: "too_many_subscriptions",
  detail: `A connection has at most ${SUBSCRIPTIONS_MAX} subscriptions of a channel.`,
};

const subscribeToMarket = async (
  deps: Deps,
  { connectionId, identifier, history, owner }: Call,
  subscription: MarketSubscription,
): Promise<CableError | undefined> => {
  const unknown = await deps.findUnknown(subscription.symbols);
  if (unknown !== undefined)
    return { code: "unknown_symbol", detail: `There is no instrument ${unknown}.` };
  if (!deps.market.mayAdd(connectionId, identifier)) return TOO_MANY_SUBSCRIPTIONS;
  if (!deps.takeSnapshots(owner.clientId, subscription.symbols.length))
    return {
      code: "snapshot_rate_limit",
      detail: "You asked for too many books in a short time. Subscribe again in a few seconds.",
    };
  const request = { identifier, protocol: owner.protocol, subscription, history };
  deps.market.subscribe(connectionId, request, () =>
    sendText(deps, connectionId, confirmation(identifier)),
  );
  return undefined;
};

/** The handshake decides whose orders these are; the identifier has no influence on it. */
const subscribeToOrders = (deps: Deps, call: Call): CableError | undefined => {
  const { connectionId, identifier, history, owner } = call;
  if (!deps.orders.mayAdd(connectionId, identifier)) return TOO_MANY_SUBSCRIPTIONS;
  deps.orders.subscribe({
    ...{ connectionId, identifier, protocol: owner.protocol, clientId: owner.clientId },
    after: history?.get(ORDERS_STREAM),
    wantsHistory: history !== undefined,
  });
  return undefined;
};
