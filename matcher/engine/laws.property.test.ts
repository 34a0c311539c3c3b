import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { apply, type Book, createArena, createBook } from "./book.ts";
import { assertConsistent } from "./consistency.ts";
import { hash } from "./hash.ts";
import type { Command, Event } from "./protocol.ts";
import { commandsOf, type Sequence } from "./reference/commands.ts";
import { Laws } from "./reference/laws.ts";
import { restore, snapshot } from "./snapshot.ts";

const LENGTH = 200;
const RUNS = Math.min(300, Number(process.env["ENGINE_RUNS"] ?? 300));
const SEED = Number(process.env["ENGINE_SEED"] ?? Date.now() % 2 ** 31);

const sequences: fc.Arbitrary<Sequence> = fc.record({
  shape: fc.noBias(fc.maxSafeNat()),
  draws: fc.noBias(fc.array(fc.maxSafeNat(), { minLength: LENGTH, maxLength: LENGTH })),
});

const holds = (claim: (commands: readonly Command[]) => void): void => {
  const property = fc.property(sequences, (sequence) => claim(commandsOf(sequence)));
  fc.assert(property, { numRuns: RUNS, seed: SEED, endOnFailure: true });
};

const run = (commands: readonly Command[], book: Book = createBook()): Event[][] =>
  commands.map((command) => [...apply(book, command)]);

/** The events of an answer that changed the market. */
const tradesOf = (events: readonly Event[]): Event[] =>
  events.filter(({ type }) => type === "traded" || type === "prevented");

test("the events of every command obey the laws, and the book can be rebuilt from them alone", (context) => {
  let trades = 0;
  let prevented = 0;
  holds((commands) => {
    const book = createBook();
    const laws = new Laws();
    for (const command of commands) laws.take(command, apply(book, command));
    laws.checkOrders();
    assert.deepEqual(laws.fold.snapshot(), snapshot(book));
    assert.equal(hash(restore(laws.fold.snapshot())), hash(book));
    trades += laws.trades;
    prevented += laws.prevented;
  });
  context.diagnostic(`seed ${SEED}: ${trades} trades, ${prevented} prevented`);
  assert.ok(trades > 0 && prevented > 0);
});

test("a refused command leaves the book unchanged", (context) => {
  let refused = 0;
  holds((commands) => {
    const book = createBook();
    for (const command of commands) {
      const before = hash(book);
      const [first] = apply(book, command);
      if (first === undefined || !first.type.endsWith("rejected")) continue;
      refused += 1;
      assert.equal(hash(book), before, JSON.stringify(command));
    }
  });
  context.diagnostic(`${refused} refusals`);
  assert.ok(refused > 0);
});

test("the same commands give the same events and the same book, byte for byte", () => {
  holds((commands) => {
    const [first, second] = [createBook(), createBook()];
    assert.equal(JSON.stringify(run(commands, first)), JSON.stringify(run(commands, second)));
    assert.equal(hash(first), hash(second));
  });
});

test("a book restored at any of 100 points continues as if it had never stopped", (context) => {
  let carried = 0;
  let waiting = 0;
  const property = fc.property(
    sequences,
    fc.infiniteStream(fc.nat(LENGTH - 1)),
    (sequence, cuts) => {
      const commands = commandsOf(sequence);
      const whole = createBook();
      const answers = run(commands, whole);
      for (const at of cuts.take(4)) {
        const first = createBook();
        run(commands.slice(0, at), first);
        const second = restore(JSON.parse(JSON.stringify(snapshot(first))));
        assert.equal(hash(second), hash(first));
        assertConsistent(second);
        carried += second.openOrders;
        waiting += snapshot(second).stops.length;
        const rest = run(commands.slice(at), second);
        assert.equal(JSON.stringify(rest), JSON.stringify(answers.slice(at)));
        assert.equal(hash(second), hash(whole));
      }
    },
  );
  fc.assert(property, { numRuns: 25, seed: SEED, endOnFailure: true });
  context.diagnostic(`${carried} orders carried over in 100 restarts, ${waiting} of them stops`);
  assert.ok(carried > 0 && waiting > 0);
});

test("swapped sides and mirrored prices give the same trades", () => {
  const MIRROR = 1_000;
  const mirrored = (command: Command): Command => {
    if (command.type !== "place" && command.type !== "replace") return command;
    const price = MIRROR - command.price;
    const stop = command.stopPrice === undefined ? {} : { stopPrice: MIRROR - command.stopPrice };
    if (command.type === "replace") return { ...command, price, ...stop };
    return { ...command, side: command.side === "buy" ? "sell" : "buy", price, ...stop };
  };
  const unmirrored = (event: Event): Event =>
    event.type === "traded"
      ? {
          ...event,
          price: MIRROR - event.price,
          takerSide: event.takerSide === "buy" ? "sell" : "buy",
        }
      : event.type === "prevented"
        ? { ...event, price: MIRROR - event.price }
        : event;
  holds((commands) => {
    const sound = commands.filter((command) => isSound(command));
    const there = run(sound).map(tradesOf);
    const back = run(sound.map(mirrored)).map((events) => tradesOf(events).map(unmirrored));
    assert.deepEqual(back, there);
  });
});

test("multiplying all quantities multiplies the trades", () => {
  const TIMES = 7;
  const enlarged = (command: Command): Command =>
    command.type === "place" || command.type === "replace"
      ? { ...command, quantity: command.quantity * TIMES }
      : command;
  const sums = (answers: Event[][]): number[] =>
    answers.map((events) =>
      events.reduce((sum, event) => sum + (event.type === "traded" ? event.quantity : 0), 0),
    );
  holds((commands) => {
    const sound = commands.filter((command) => isSound(command));
    const small = sums(run(sound)).map((sum) => sum * TIMES);
    assert.deepEqual(sums(run(sound.map(enlarged))), small);
  });
});

test("commands to other symbols of an arena change nothing", () => {
  const pairs = fc.tuple(sequences, sequences);
  const property = fc.property(pairs, ([first, second]) => {
    const [ours, theirs] = [commandsOf(first), commandsOf(second)];
    const alone = run(ours);
    const arena = createArena();
    const [book, neighbour] = [createBook(arena), createBook(arena)];
    const mixed = ours.map((command, at) => {
      const events = [...apply(book, command)];
      const interloper = theirs[at];
      if (interloper !== undefined) apply(neighbour, interloper);
      return events;
    });
    assert.deepEqual(mixed, alone);
    assertConsistent(book, neighbour);
    const copy = createArena();
    const [restoredBook, restoredNeighbour] = [
      restore(snapshot(book), copy),
      restore(snapshot(neighbour), copy),
    ];
    assert.deepEqual([hash(restoredBook), hash(restoredNeighbour)], [hash(book), hash(neighbour)]);
    assertConsistent(restoredBook, restoredNeighbour);
  });
  fc.assert(property, { numRuns: Math.ceil(RUNS / 4), seed: SEED, endOnFailure: true });
});

test("an order far from the market that is cancelled at once changes no trade", () => {
  holds((commands) => {
    const far = commands.flatMap((command): Command[] => {
      const numbered = renumber(command);
      if (numbered.type !== "place") return [numbered];
      const { order } = numbered;
      const visitor: Command = {
        ...numbered,
        order: order - 1,
        owner: 99,
        side: "buy",
        orderType: "limit",
        quantity: 1,
        price: 1,
        timeInForce: "GTC",
        postOnly: false,
      };
      return [visitor, { type: "cancel", order: order - 1, owner: 99 }, numbered];
    });
    const withVisitors = run(far.map(withoutStop)).flatMap(tradesOf);
    assert.deepEqual(withVisitors, run(commands.map(renumber).map(withoutStop)).flatMap(tradesOf));
  });
});

/** Doubles every number, so that there is room for one more order before each. */
const renumber = (command: Command): Command =>
  "order" in command ? { ...command, order: command.order * 2 } : command;

/**
 * Limit orders have no stop price; a generated mistake of this kind would only hide the extra
 * order.
 */
const withoutStop = (command: Command): Command => {
  if (command.type !== "place" || command.orderType !== "limit") return command;
  const { stopPrice: _, ...rest } = command;
  return rest;
};

/** Commands whose numbers can be mirrored and multiplied without changing their meaning. */
const isSound = (command: Command): boolean => {
  if (command.type !== "place" && command.type !== "replace") return true;
  const numbers = [command.price, command.quantity, command.stopPrice ?? 1];
  return numbers.every((value) => Number.isInteger(value) && value >= 1 && value < 1_000);
};
