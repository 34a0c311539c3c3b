import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { depth } from "./book.ts";
import { assertConsistent } from "./consistency.ts";
import type { Command, DormantStop, RestingOrder, SelfTradePrevention } from "./protocol.ts";
import { type NaiveBook, naiveApply, naiveBook, naiveSnapshot } from "./reference/naive-book.ts";
import { type PlaceOrder, Session, type SessionEvent } from "./session.ts";
import { restore, snapshot } from "./snapshot.ts";
import { MODES } from "./terms.ts";

const buy = <Id>(id: Id, quantity: number, price: number): PlaceOrder<Id> => ({
  id,
  side: "buy",
  quantity,
  price,
});
const sell = <Id>(id: Id, quantity: number, price: number): PlaceOrder<Id> => ({
  ...buy(id, quantity, price),
  side: "sell",
});
const types = (events: readonly { readonly type: string }[]): string =>
  events.map(({ type }) => type).join(" ");

test("events carry the caller's ids, of any type", () => {
  const session = new Session<string | bigint>();
  session.place(sell("first", 5, 100));
  const [, traded, rested] = session.place(buy(2n ** 70n, 8, 101));
  assert.deepEqual(traded, {
    type: "traded",
    maker: "first",
    taker: 2n ** 70n,
    takerSide: "buy",
    price: 100,
    quantity: 5,
    makerOpen: 0,
    takerOpen: 3,
  });
  assert.deepEqual(rested, {
    type: "rested",
    order: 2n ** 70n,
    side: "buy",
    price: 101,
    quantity: 3,
  });
});

test("an id cannot be used twice while its order is open, and can be afterwards", () => {
  const session = new Session<string>();
  session.place(sell("a", 5, 100));
  assert.equal(types(session.place(buy("a", 1, 90))), "place_rejected");
  assert.deepEqual(depth(session.book, "sell", 5), [[100, 5]]);
  session.cancel("a");
  assert.equal(types(session.place(buy("a", 1, 90))), "accepted rested");
});

test("a refused order leaves its id free", () => {
  const session = new Session<string>();
  assert.equal(types(session.place(buy("a", 0, 100))), "rejected");
  assert.equal(session.open.size, 0);
  assert.equal(types(session.place(buy("a", 1, 100))), "accepted rested");
});

test("a modify states the quantity that is to be open, whatever was filled before", () => {
  const session = new Session<string>();
  session.place(sell("a", 10, 100));
  session.place(buy("b", 4, 100));
  assert.equal(types(session.modify({ id: "a", remaining: 9, price: 101 })), "replaced rested");
  assert.deepEqual(depth(session.book, "sell", 5), [[101, 9]]);
});

test("a modify to a lower quantity keeps the place in the queue", () => {
  const session = new Session<string>();
  session.place(sell("a", 10, 100));
  session.place(sell("b", 10, 100));
  session.place(buy("c", 4, 100));
  const [replaced] = session.modify({ id: "a", remaining: 5, price: 100 });
  assert.ok(replaced?.type === "replaced" && replaced.keepsPlace && replaced.open === 5);
  const trades = session.place(buy("d", 6, 100)).filter(({ type }) => type === "traded");
  assert.deepEqual(
    trades.map((event) => event.type === "traded" && [event.maker, event.quantity]),
    [
      ["a", 5],
      ["b", 1],
    ],
  );
});

test("a modify to an invalid quantity is refused and changes nothing", () => {
  const session = new Session<string>();
  session.place(sell("a", 10, 100));
  session.place(buy("b", 4, 100));
  for (const remaining of [0, -1, 0.5, Number.NaN, 2 ** 31 - 1]) {
    const [event] = session.modify({ id: "a", remaining, price: 100 });
    assert.ok(event?.type === "replace_rejected" && event.reason === "invalid_quantity");
  }
  assert.deepEqual(depth(session.book, "sell", 5), [[100, 6]]);
});

test("orders without an owner trade with each other and with every owner", () => {
  const session = new Session<string>();
  session.place(sell("a", 1, 100));
  assert.match(types(session.place(buy("b", 1, 100))), /traded/);
  session.place({ ...sell("c", 1, 100), owner: 3 });
  assert.match(types(session.place(buy("d", 1, 100))), /traded/);
  session.place({ ...sell("e", 1, 100), owner: 3 });
  assert.match(types(session.place({ ...buy("f", 1, 100), owner: 3 })), /prevented/);
  assert.throws(() => session.place({ ...buy("g", 1, 100), owner: 2 ** 30 }), /not an owner/);
});

test("a triggered stop frees its id like any other order", () => {
  const session = new Session<string>();
  session.place({ ...buy("stop", 1, 110), orderType: "stop", stopPrice: 100 });
  assert.deepEqual([...session.open.keys()], ["stop"]);
  session.place(sell("a", 1, 100));
  assert.match(types(session.place(buy("b", 1, 100))), /stop_triggered expired/);
  assert.equal(session.open.size, 0);
});

test("a stop keeps its stop price unless the modify gives another", () => {
  const session = new Session<string>();
  session.place({ ...buy("stop", 1, 110), orderType: "stop", stopPrice: 100 });
  const stopPrices = [
    session.modify({ id: "stop", remaining: 2, price: 110 }),
    session.modify({ id: "stop", remaining: 2, price: 110, stopPrice: 105 }),
  ].map(([event]) => event?.type === "replaced" && event.stopPrice);
  assert.deepEqual(stopPrices, [100, 105]);
});

test("an order that TypeScript would not accept throws and leaves its id free", () => {
  const session = new Session<string>();
  assert.throws(() => session.place({ ...buy("a", 1, 100), side: "hold" as "buy" }));
  assert.equal(session.open.size, 0);
});

test("expiries, halts and resumes have an effect on the book", () => {
  const session = new Session<string>();
  session.place(buy("a", 1, 100));
  assert.equal(types(session.halt()), "halted");
  assert.equal(types(session.place(buy("b", 1, 100))), "rejected");
  assert.equal(types(session.expire("a")), "expired");
  assert.equal(types(session.expire("a")), "expire_rejected");
  assert.equal(types(session.resume()), "resumed");
  assert.equal(session.open.size, 0);
});

test("a session continues with a restored book and the ids of its open orders", () => {
  const session = new Session<string>();
  session.place(sell("a", 5, 100));
  session.place(sell("b", 5, 101));
  const copy = new Session(restore(snapshot(session.book)), session.open);
  assert.equal(types(copy.cancel("a")), "cancelled");
  assert.equal(types(copy.place(buy("c", 5, 101))), "accepted traded");
  assert.equal(types(session.cancel("a")), "cancelled");
});

test("the open orders of a given book must all have an id", () => {
  const session = new Session<string>();
  session.place(sell("a", 5, 100));
  assert.throws(() => new Session(session.book), /1 open orders, 0 ids/);
});

const IDS = ["a", "b", "c", "d", "e", "f"];
type Message = {
  readonly kind: "place" | "modify" | "cancel" | "expire";
  readonly id: string;
  readonly side: "buy" | "sell";
  readonly quantity: number;
  readonly price: number;
  readonly timeInForce: "GTC" | "IOC";
  readonly postOnly: boolean;
  readonly selfTradePrevention: SelfTradePrevention;
  /** Of a stop order; null for a limit order. */
  readonly stopPrice: number | null;
};
const messages: fc.Arbitrary<Message[]> = fc.array(
  fc.record({
    kind: fc.constantFrom("place", "place", "place", "modify", "cancel", "expire"),
    id: fc.constantFrom(...IDS),
    side: fc.constantFrom("buy", "sell"),
    quantity: fc.integer({ min: 1, max: 6 }),
    price: fc.integer({ min: 100, max: 103 }),
    timeInForce: fc.constantFrom("GTC", "GTC", "GTC", "IOC"),
    postOnly: fc.constantFrom(false, false, false, true),
    selfTradePrevention: fc.constantFrom(...MODES),
    stopPrice: fc.constantFrom(null, null, null, 100, 101, 102, 103),
  }),
  { minLength: 1, maxLength: 60 },
);

const send = (session: Session<string>, message: Message): readonly SessionEvent<string>[] => {
  const { kind, id, quantity, price, stopPrice, ...terms } = message;
  if (kind === "place") {
    const owner = IDS.indexOf(id) % 2;
    const type = stopPrice === null ? {} : ({ orderType: "stop_limit", stopPrice } as const);
    return session.place({ ...terms, ...type, id, owner, quantity, price });
  }
  if (kind === "modify") return session.modify({ id, remaining: quantity, price });
  return kind === "cancel" ? session.cancel(id) : session.expire(id);
};

/**
 * The message as a command to a book in which no number is used twice, computed from the open
 * orders.
 */
const commandOf = (naive: NaiveBook, ids: string[], message: Message): Command => {
  const { kind, id, side, quantity, price, stopPrice, ...terms } = message;
  const found = openOrders(naive).find(({ order }) => ids[order] === id);
  const order = found?.order ?? ids.length;
  if (found === undefined) ids[order] = id;
  const owner = found?.owner ?? 0;
  if (kind === "cancel" || kind === "expire") return { type: kind, order, owner };
  if (kind === "modify") {
    const filled = found !== undefined && "open" in found ? found.quantity - found.open : 0;
    return { type: "replace", order, owner, quantity: filled + quantity, price };
  }
  const ownerOfNew = IDS.indexOf(id) % 2;
  const place = {
    ...terms,
    type: "place",
    order,
    owner: ownerOfNew,
    side,
    quantity,
    price,
  } as const;
  return stopPrice === null
    ? { ...place, orderType: "limit" }
    : { ...place, orderType: "stop_limit", stopPrice };
};

const openOrders = (naive: NaiveBook): readonly (RestingOrder | DormantStop)[] => {
  const { resting, stops } = naiveSnapshot(naive);
  return [...resting, ...stops];
};

const NUMBERS = new Set(["order", "maker", "taker"]);

test("a session does the same as the naive book, whose numbers are never reused", () => {
  fc.assert(
    fc.property(messages, (sequence) => {
      const session = new Session<string>();
      const naive = naiveBook();
      const ids = [""];
      for (const message of sequence) {
        const expected = naiveApply(naive, commandOf(naive, ids, message)).map((event) =>
          Object.fromEntries(
            Object.entries(event).map(([key, value]) =>
              NUMBERS.has(key) ? [key, ids[Number(value)]] : [key, value],
            ),
          ),
        );
        assert.deepEqual(send(session, message), expected);
        const open = openOrders(naive).map(({ order }) => ids[order]);
        assert.deepEqual([...session.open.keys()].toSorted(), open.toSorted());
        assertConsistent(session.book);
      }
    }),
    { numRuns: 300 },
  );
});
