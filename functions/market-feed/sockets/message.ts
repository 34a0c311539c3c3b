import type { Ticker } from "../../../layers/domain/identifiers.ts";
import type { Hub, Send } from "../books/market-publisher.ts";
import { ORDERS_STREAM, type OrdersHub, type OrdersJoining } from "../orders/activity-publisher.ts";
import { type CableCommand, confirmation, parseCommand, rejection } from "../protocol/cable.ts";
import { type MarketSubscription, parseMarketChannel } from "../protocol/market-channel.ts";
import { createParcel } from "../protocol/message-batch.ts";
import { isOrdersChannel } from "../protocol/orders-channel.ts";
import type { Admitted } from "./connect.ts";
import type { SocketHandler } from "./socket-event.ts";

type Deps = {
  readonly hub: Pick<Hub, "subscribe" | "unsubscribe">;
  readonly orders: Pick<OrdersHub, "mayJoin" | "leave"> & {
    readonly join: (joining: OrdersJoining) => void;
  };
  readonly send: Send;
  /** Whom the connection speaks for; undefined once it is gone. */
  readonly admittedAs: (connectionId: string) => Admitted | undefined;
  /** True when there is a book for each of the symbols. */
  readonly knows: (symbols: readonly Ticker[]) => Promise<boolean>;
  /** The books cannot be read at the moment: the client is asked to come back. */
  readonly onOutage: (connectionId: string, error: unknown) => void;
};

/** Does what a client asked for. What is no command of ActionCable is passed over in silence. */
export const message =
  (deps: Deps): SocketHandler =>
  async ({ requestContext: { connectionId }, body }) => {
    const command = parseCommand(body ?? "");
    const admitted = deps.admittedAs(connectionId);
    if (command === undefined || admitted === undefined) return { statusCode: 200 };
    const call = { ...command, connectionId, admitted };
    if (command.command === "subscribe") {
      if (isOrdersChannel(command.identifier)) subscribeToOrders(deps, call);
      else await subscribeToMarket(deps, call);
    }
    if (command.command === "unsubscribe") {
      deps.hub.unsubscribe(connectionId, command.identifier);
      deps.orders.leave(connectionId, command.identifier);
    }
    return { statusCode: 200 }; // "message" performs an action, and no channel here has one
  };

type Call = CableCommand & { readonly connectionId: string; readonly admitted: Admitted };

const subscribeToMarket = async (deps: Deps, call: Call): Promise<void> => {
  const { connectionId, identifier, history, admitted } = call;
  const say = (text: string): void => deps.send(connectionId, createParcel([{ text }]));
  try {
    const wanted = await known(deps, parseMarketChannel(identifier));
    const { protocol } = admitted;
    const joined =
      wanted !== undefined &&
      deps.hub.subscribe(connectionId, { identifier, protocol, wanted, history }, () =>
        say(confirmation(identifier)),
      );
    if (!joined) say(rejection(identifier));
  } catch (error) {
    deps.onOutage(connectionId, error);
  }
};

/** Whose orders these are is what the handshake proved; the identifier has no say in it. */
const subscribeToOrders = (deps: Deps, call: Call): void => {
  const { connectionId, identifier, history, admitted } = call;
  if (deps.orders.mayJoin(connectionId, identifier))
    deps.orders.join({
      ...{ connectionId, identifier, protocol: admitted.protocol, clientId: admitted.clientId },
      after: history?.get(ORDERS_STREAM),
      wantsHistory: history !== undefined,
    });
  else deps.send(connectionId, createParcel([{ text: rejection(identifier) }]));
};

const known = async (
  { knows }: Deps,
  wanted: MarketSubscription | undefined,
): Promise<MarketSubscription | undefined> =>
  wanted !== undefined && (await knows(wanted.symbols)) ? wanted : undefined;
