import { WebSocket } from "ws";
import { ClientBook, identify, type MarketMessage } from "../feed/feed-client.ts";

type Frame = {
  readonly type?: string;
  readonly message?: MarketMessage;
};

const BACK_AFTER_MS = 50;

/**
 * A client that reconnects whenever it is disconnected, and keeps the book of a symbol by the rules
 * of the documentation; it throws as soon as a message does not fit or a checksum is wrong.
 */
export const follower = (url: string, symbol: string) => {
  const book = new ClientBook();
  const heard = { connections: 0, goodbyes: 0 };
  let over = false;
  let socket: WebSocket | undefined;

  const open = (): void => {
    if (over) return;
    const own = new WebSocket(url, "actioncable-v1-json");
    socket = own;
    own.on("message", (data) => {
      const { type, message } = JSON.parse(String(data)) as Frame;
      if (type === "welcome") {
        heard.connections += 1;
        own.send(JSON.stringify({ command: "subscribe", identifier: identify([symbol]) }));
      }
      if (type === "disconnect") heard.goodbyes += 1;
      if (type === undefined && message !== undefined) book.receive(message);
    });
    own.on("error", () => {});
    own.on("close", () => setTimeout(open, BACK_AFTER_MS));
  };
  open();

  return {
    ...{ symbol, book, heard },
    drop: (): void => socket?.terminate(),
    end: (): void => {
      over = true;
      socket?.terminate();
    },
  };
};
