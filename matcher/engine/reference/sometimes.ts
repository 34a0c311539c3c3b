import type { Command, Event, Place, Snapshot } from "../protocol.ts";

/** The dangerous situations that must occur in a run; without them the run proves nothing. */
const SITUATIONS = [
  "sweep of two levels",
  "sweep of three levels",
  "fill-or-kill that takes the last lot there is",
  "fill-or-kill one lot short",
  "fill-or-kill short because of own orders",
  "prevented by expire_taker",
  "prevented by expire_maker",
  "prevented by expire_both",
  "prevented by decrement",
  "stop cascade of three or more",
  "stop that triggers on entry",
  "stop-limit that triggers and rests",
  "replace that crosses",
  "replace that keeps its place in a queue",
  "replace at or below what is filled",
  "replace of a dormant stop",
  "market order on an empty side",
  "market order that reaches its collar",
  "post-only refused",
  "post-only replace refused",
  "order refused while halted",
  "cancel while halted",
  "order of another owner",
  "number used twice",
  "queue of fifty",
  "queue of a hundred",
] as const;

type Situation = (typeof SITUATIONS)[number];

/** Counts how often each situation occurred. */
export class Sometimes {
  readonly counts = new Map<Situation, number>(SITUATIONS.map((situation) => [situation, 0]));

  readonly watch = (command: Command, before: Snapshot, events: readonly Event[]): void => {
    this.#watchTrades(command, events);
    this.#watchRefusals(command, before, events);
    if (command.type === "place") this.#watchPlace(command, before, events);
    for (const event of events) {
      if (event.type === "prevented") this.#meet(`prevented by ${event.mode}`);
      if (event.type === "rested") this.#watchQueue(event, before);
    }
  };

  /** A line for each situation, the rarest last. */
  report(): string {
    const lines = [...this.counts].sort((a, b) => b[1] - a[1]);
    return lines
      .map(([situation, count]) => `${String(count).padStart(9)}  ${situation}`)
      .join("\n");
  }

  missing(): Situation[] {
    return SITUATIONS.filter((situation) => this.counts.get(situation) === 0);
  }

  #meet(situation: Situation): void {
    this.counts.set(situation, (this.counts.get(situation) ?? 0) + 1);
  }

  #watchTrades(command: Command, events: readonly Event[]): void {
    const first = events.find((event) => event.type === "traded");
    const prices = new Set(
      events.flatMap((event) =>
        event.type === "traded" && event.taker === first?.taker ? [event.price] : [],
      ),
    );
    if (prices.size >= 2) this.#meet("sweep of two levels");
    if (prices.size >= 3) this.#meet("sweep of three levels");
    const triggered = events.filter((event) => event.type === "stop_triggered");
    if (triggered.length >= 3) this.#meet("stop cascade of three or more");
    for (const { order } of triggered) {
      const rested = events.some((event) => event.type === "rested" && event.order === order);
      if (rested) this.#meet("stop-limit that triggers and rests");
      if (command.type === "place" && order === command.order) {
        this.#meet("stop that triggers on entry");
      }
    }
    if (command.type !== "replace") return;
    if (first?.taker === command.order) this.#meet("replace that crosses");
    if (events[0]?.type === "cancelled") this.#meet("replace at or below what is filled");
  }

  #watchPlace(place: Place, before: Snapshot, events: readonly Event[]): void {
    const own = events.findLast((event) => "order" in event && event.order === place.order);
    if (events[0]?.type !== "accepted") return;
    if (place.orderType === "market" && own?.type === "expired") {
      if (own.reason === "collar_reached") this.#meet("market order that reaches its collar");
      if (before.resting.every(({ side }) => side === place.side)) {
        this.#meet("market order on an empty side");
      }
    }
    if (place.timeInForce !== "FOK" || place.orderType === "stop") return;
    if (place.orderType === "stop_limit") return;
    const within = before.resting.filter(
      ({ side, price }) =>
        side !== place.side && (side === "sell" ? price <= place.price : price >= place.price),
    );
    const total = sum(within.map(({ open }) => open));
    const otherOwners = sum(
      within.filter(({ owner }) => owner !== place.owner).map(({ open }) => open),
    );
    const filled = own?.type !== "expired";
    if (filled && otherOwners === place.quantity) {
      this.#meet("fill-or-kill that takes the last lot there is");
    }
    if (!filled && total === place.quantity - 1) this.#meet("fill-or-kill one lot short");
    if (!filled && total >= place.quantity) this.#meet("fill-or-kill short because of own orders");
  }

  #watchRefusals(command: Command, before: Snapshot, events: readonly Event[]): void {
    const [event] = events;
    if (event?.type === "rejected" && event.reason === "halted") {
      this.#meet("order refused while halted");
    }
    if (event?.type === "rejected" && event.reason === "would_take")
      this.#meet("post-only refused");
    if (event?.type === "replace_rejected" && event.reason === "would_take") {
      this.#meet("post-only replace refused");
    }
    if (event?.type === "place_rejected") this.#meet("number used twice");
    if (event?.type === "cancelled" && before.halted) this.#meet("cancel while halted");
    if (event?.type === "cancel_rejected") {
      const open = [...before.resting, ...before.stops];
      if (open.some(({ order }) => order === event.order)) this.#meet("order of another owner");
    }
    if (event?.type !== "replaced" || command.type !== "replace") return;
    if (before.stops.some(({ order }) => order === event.order)) {
      this.#meet("replace of a dormant stop");
    }
    const old = before.resting.find(({ order }) => order === event.order);
    const behind = before.resting.findLast(
      ({ side, price }) => side === old?.side && price === old.price,
    );
    if (event.keepsPlace && behind !== undefined && behind !== old) {
      this.#meet("replace that keeps its place in a queue");
    }
  }

  #watchQueue({ side, price }: { side: string; price: number }, before: Snapshot): void {
    const queue = before.resting.filter((order) => order.side === side && order.price === price);
    if (queue.length >= 49) this.#meet("queue of fifty");
    if (queue.length >= 99) this.#meet("queue of a hundred");
  }
}

const sum = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0);
