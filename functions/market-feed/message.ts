import type { Ticker } from "../../layers/domain/identifiers.ts";
import { type CableCommand, confirmation, parseCommand, rejection } from "./cable.ts";
import type { Hub, Send } from "./hub.ts";
import { type MarketSubscription, parseMarketChannel } from "./market-channel.ts";
import type { SocketHandler } from "./socket-event.ts";

type Deps = {
  readonly hub: Pick<Hub, "subscribe" | "unsubscribe">;
  readonly send: Send;
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
    if (command?.command === "subscribe") await subscribe(deps, connectionId, command);
    if (command?.command === "unsubscribe") deps.hub.unsubscribe(connectionId, command.identifier);
    return { statusCode: 200 }; // "message" performs an action, and the market channel has none
  };

const subscribe = async (
  deps: Deps,
  connectionId: string,
  { identifier }: CableCommand,
): Promise<void> => {
  const say = (text: string): void => deps.send(connectionId, { data: Buffer.from(text) });
  try {
    const subscription = await known(deps, parseMarketChannel(identifier));
    const joined =
      subscription !== undefined &&
      deps.hub.subscribe(connectionId, identifier, subscription, () =>
        say(confirmation(identifier)),
      );
    if (!joined) say(rejection(identifier));
  } catch (error) {
    deps.onOutage(connectionId, error);
  }
};

const known = async (
  { knows }: Deps,
  subscription: MarketSubscription | undefined,
): Promise<MarketSubscription | undefined> =>
  subscription !== undefined && (await knows(subscription.symbols)) ? subscription : undefined;
