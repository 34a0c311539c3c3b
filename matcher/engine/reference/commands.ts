import type { Command, OrderType, Place, SelfTradePrevention, TimeInForce } from "../protocol.ts";

/**
 * The mix of commands in a sequence. Each sequence has its own mix, so that rare combinations
 * occur.
 */
type Mix = {
  readonly owners: number;
  readonly prices: number;
  readonly quantities: number;
  /**
   * Per cent of the commands that place, then replace, then cancel; the rest are other commands.
   */
  readonly placing: number;
  readonly replacing: number;
  /** Per cent of the orders that buy. */
  readonly buying: number;
  /** By how many prices the two sides overlap; 0 keeps them apart. */
  readonly overlap: number;
  /** The distance of neighbouring prices in ticks. */
  readonly apart: number;
  readonly types: readonly OrderType[];
  readonly times: readonly TimeInForce[];
  readonly modes: readonly SelfTradePrevention[];
  /** Per cent of the resting limit orders that are post-only. */
  readonly postOnly: number;
  /** Per cent of the commands with a fault. */
  readonly faults: number;
};

/** A sequence in compact form: its mix, and one large number for each command. */
export type Sequence = { readonly shape: number; readonly draws: readonly number[] };

/**
 * Switches kinds of order off and on and varies the rates, according to a number from 0 to 2^53.
 */
const mixOf = (shape: number): Mix => {
  const draw = new Draw(shape);
  return {
    owners: 1 + draw.below(6),
    prices: 1 + draw.below(12),
    quantities: 1 + draw.below(10),
    placing: 55 + draw.below(44),
    replacing: draw.below(41),
    buying: draw.of([15, 40, 50, 50, 50, 60, 85, 97]) ?? 50,
    overlap: draw.of([0, 2, 12, 12, 12, 12]) ?? 12,
    types: ["limit", "limit", "limit", ...draw.some(["market", "stop", "stop", "stop_limit"])],
    times: ["DAY", "GTC", "GTD", ...draw.some(["IOC", "FOK"])],
    modes: draw.some(["expire_taker", "expire_maker", "expire_both", "decrement"]),
    postOnly: draw.of([0, 0, 10, 50]) ?? 0,
    faults: draw.of([0, 0, 3, 10]) ?? 0,
    apart: draw.of([1, 1, 1, 1, 1, 1, 16, 511, 70_001, 80_000_000]) ?? 1,
  };
};

/** Divides a large random number into several small ones. */
class Draw {
  #left: number;

  constructor(value: number) {
    this.#left = value;
  }

  below(bound: number): number {
    const value = this.#left % bound;
    this.#left = Math.floor(this.#left / bound);
    return value;
  }

  of<T>(values: readonly T[]): T | undefined {
    return values[this.below(values.length)];
  }

  /** Keeps each value with a chance of one in two. */
  some<const T>(values: readonly T[]): T[] {
    return values.filter(() => this.below(2) === 0);
  }
}

/**
 * The commands of a sequence. Order numbers have gaps; earlier orders are referred to at random.
 */
export const commandsOf = ({ shape, draws }: Sequence): Command[] => {
  const mix = mixOf(shape);
  const placed: Place[] = [];
  let order = 0;
  return draws.map((value) => {
    const draw = new Draw(value);
    const kind = draw.below(100);
    const faulty = draw.below(100) < mix.faults;
    const placing = placed.length === 0 || kind < mix.placing;
    if (!placing) {
      const command = laterCommand(mix, draw, placed, kind - mix.placing, order);
      return faulty ? { ...command, owner: 7 } : command;
    }
    const clean = newOrder(mix, draw, order + 1 + draw.below(3));
    const command = faulty ? spoil(clean, draw) : clean;
    order = Math.max(order, command.order);
    placed.push(command);
    return command;
  });
};

const newOrder = (mix: Mix, draw: Draw, order: number): Place => {
  const side = draw.below(100) < mix.buying ? "buy" : "sell";
  const orderType = draw.of(mix.types) ?? "limit";
  const timeInForce = draw.of(mix.times) ?? "DAY";
  const rests = orderType === "limit" && timeInForce !== "IOC" && timeInForce !== "FOK";
  const waits = orderType === "stop" || orderType === "stop_limit";
  const stopPrice = stopPriceOf(mix, draw);
  return {
    type: "place",
    order,
    owner: draw.below(mix.owners),
    side,
    orderType,
    quantity: 1 + draw.below(mix.quantities),
    price: priceOf(mix, draw, side),
    ...(waits ? { stopPrice } : {}),
    timeInForce,
    postOnly: rests && draw.below(100) < mix.postOnly,
    selfTradePrevention: draw.of(mix.modes) ?? "expire_taker",
  };
};

const priceOf = (mix: Mix, draw: Draw, side: string): number => {
  const shift = side === "buy" ? 0 : Math.max(0, mix.prices - mix.overlap);
  return 100 + (shift + draw.below(mix.prices)) * mix.apart;
};

const stopPriceOf = (mix: Mix, draw: Draw): number => 100 + draw.below(mix.prices) * mix.apart;

const laterCommand = (
  mix: Mix,
  draw: Draw,
  placed: readonly Place[],
  kind: number,
  order: number,
): Command => {
  const last = placed.length - 1;
  const target = placed[Math.max(0, last - draw.below(draw.below(4) === 0 ? 150 : 12))];
  if (target === undefined) return { type: "expire", order: 1 };
  const { owner } = target;
  if (kind < mix.replacing) {
    const price = draw.below(3) === 0 ? priceOf(mix, draw, target.side) : target.price;
    const quantity = 1 + draw.below(mix.quantities);
    const moves = target.stopPrice !== undefined && draw.below(2) === 0;
    const stopPrice = stopPriceOf(mix, draw);
    const terms = { type: "replace", order: target.order, owner, quantity, price } as const;
    return moves ? { ...terms, stopPrice } : terms;
  }
  const rest = draw.below(20);
  if (rest === 0) return { type: draw.below(3) === 0 ? "halt" : "resume" };
  if (rest < 3) return { type: "resume" };
  if (rest < 5) return { type: "expire", order: target.order };
  const unknown = draw.below(10) === 0;
  return { type: "cancel", order: unknown ? order + 9 : target.order, owner };
};

/** A new order with one fault, which the engine answers with a refusal. */
const spoil = (place: Place, draw: Draw): Place => {
  const bad = draw.of([0, -1, 1.5, 2 ** 31, Number.NaN]) ?? 0;
  switch (draw.below(6)) {
    case 0:
      return { ...place, quantity: bad };
    case 1:
      return { ...place, price: bad };
    case 2:
      return { ...place, stopPrice: bad };
    case 3:
      return { ...place, order: Math.max(1, place.order - 3) };
    case 4: {
      const { stopPrice: _, ...without } = place;
      return without;
    }
    default:
      return { ...place, postOnly: true };
  }
};
