import { type CableError, parseObject } from "./cable.ts";
import { type MarketSubscription, parseMarketChannel } from "./market-channel.ts";

/** A channel that a client may subscribe to, with the parameters of its subscription. */
export type Channel =
  | { readonly channel: "MarketChannel"; readonly subscription: MarketSubscription }
  | { readonly channel: "OrdersChannel" };

/** Parses the identifier of a subscription. Keys that a channel does not know are the client's own. */
export const parseChannel = (identifier: string): Channel | CableError => {
  const parameters = parseObject(identifier);
  if (parameters === undefined)
    return { code: "invalid_identifier", detail: '"identifier" is a JSON object as a text.' };
  const { channel } = parameters;
  if (channel === "OrdersChannel") return { channel };
  if (channel !== "MarketChannel")
    return { code: "unknown_channel", detail: "The channels are MarketChannel and OrdersChannel." };
  const subscription = parseMarketChannel(parameters);
  return "code" in subscription ? subscription : { channel, subscription };
};
