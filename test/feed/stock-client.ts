import { after } from "node:test";
import { adapters, type Consumer, createConsumer } from "@rails/actioncable";
import { type MarketMessage, token } from "./feed-client.ts";

// The stock client of Rails, unchanged. It is made for browsers; these are the browser's parts that
// it needs.
Object.assign(globalThis, { addEventListener: () => {}, removeEventListener: () => {} });
adapters.WebSocket = globalThis.WebSocket;

const consumers: Consumer[] = [];
after(() => {
  for (const consumer of consumers) consumer.disconnect();
});

/** Subscribes to the MarketChannel with the stock client. */
export const stockClient = async (port: number, parameters: object) => {
  const consumer = createConsumer(`ws://127.0.0.1:${port}/cable?token=${await token()}`);
  consumers.push(consumer);
  const received: MarketMessage[] = [];
  const callbacks: string[] = [];
  const subscription = consumer.subscriptions.create(
    { channel: "MarketChannel", ...parameters },
    {
      connected: () => callbacks.push("connected"),
      rejected: () => callbacks.push("rejected"),
      received: (message: MarketMessage) => received.push(message),
    },
  );
  return { consumer, subscription, received, callbacks };
};
