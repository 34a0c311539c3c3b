import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { type Book, createBrokerX, Feed, type OwnEvent } from "../../sdk/index.ts";
import type { World } from "./world.ts";

const SYMBOL = "TSLA";
const WITHIN_MS = 15_000;

const until = async (what: string, holds: () => boolean | Promise<boolean>): Promise<void> => {
  const deadline = Date.now() + WITHIN_MS;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`It did not happen: ${what}`);
    await delay(50);
  }
};

const clientOf = ({ system }: World, email: string) =>
  createBrokerX({
    baseUrl: system.page,
    apiKey: "brokerx-key-123",
    token: () => system.token(email),
  });

export const sdkTests = (world: () => World): void => {
  test("the SDK in Node keeps the server's book through 300 changes and three dropped connections", async () => {
    const brokerx = clientOf(world(), "bob@brokerx.local");
    let kept: { readonly state: string; readonly book: Book | undefined } | undefined;
    const feed = new Feed({
      url: `${world().system.page.replace("http", "ws")}/cable`,
      ticket: brokerx.feedTicket,
    });
    feed.watchMarket([SYMBOL], brokerx.book, {
      onBook: (_, state, book) => {
        kept = { state, book };
      },
    });
    const equalsServer = async (): Promise<boolean> => {
      const { bids, asks } = await brokerx.book(SYMBOL);
      const { state, book } = kept ?? {};
      return (
        state === "live" &&
        JSON.stringify([book?.bids, book?.asks]) === JSON.stringify([bids, asks])
      );
    };
    for (let round = 0; round < 3; round += 1) {
      for (let count = 0; count < 100; count += 1) {
        if (count === 50) feed.reconnect();
        const direction = count % 2 === 0 ? ("buy" as const) : ("sell" as const);
        const cents = (1 + ((count * 13) % 60)) * (direction === "buy" ? -1 : 1);
        const price = ((25_000 + cents) / 100).toFixed(2);
        const order = { symbol: SYMBOL, direction, order_type: "limit" as const, price };
        await brokerx.orders.place({ ...order, quantity: 1 + (count % 5) });
      }
      await until("the book equals the server's", equalsServer);
    }
    await brokerx.api.DELETE("/api/v1/orders");
    await until("the book is empty on both sides", equalsServer);
    feed.close();
  });

  test("the SDK tells of the client's own fill", async () => {
    const buyer = clientOf(world(), "alice@brokerx.local");
    const seller = clientOf(world(), "bob@brokerx.local");
    const events: OwnEvent[] = [];
    let ready = false;
    const feed = new Feed({
      url: `${world().system.page.replace("http", "ws")}/cable`,
      ticket: buyer.feedTicket,
    });
    feed.watchOrders({
      onEvent: (event) => events.push(event),
      onSequence: () => {
        ready = true;
      },
    });
    await until("the subscription", () => ready);
    const terms = { symbol: SYMBOL, order_type: "limit" as const, price: "251.00", quantity: 2 };
    await seller.orders.place({ ...terms, direction: "sell" });
    const order = await buyer.orders.place({ ...terms, direction: "buy" }, 5);
    assert.equal(order.status, "filled");
    await until("the fill", () => events.some(({ type }) => type === "fill"));
    feed.close();
  });
};
