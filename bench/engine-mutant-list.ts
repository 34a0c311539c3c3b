/** A broken rule: the texts to change in one file of the engine. */
export type Mutant = {
  readonly name: string;
  readonly file: string;
  readonly change: readonly (readonly [from: string, to: string])[];
};

const mutant = (name: string, file: string, from: string, to: string): Mutant => ({
  name,
  file,
  change: [[from, to]],
});

export const MUTANTS: readonly Mutant[] = [
  {
    name: "last come is served first",
    file: "memory/queue.ts",
    change: [
      ["orders.page(tail)[orders.at(tail) + NEXT] = slot;", "levels.setHead(level, slot);"],
      ["page[at + NEXT] = 0;", "page[at + NEXT] = head;"],
    ],
  },
  mutant(
    "equal prices do not trade",
    "take.ts",
    "while (ladder.bestKey >= limit) {",
    "while (ladder.bestKey > limit) {",
  ),
  mutant(
    "trades at the taker's limit: the improvement is not released",
    "take.ts",
    "state.tape.meet(event, maker, incoming.order, price, quantity, quantity,",
    "state.tape.meet(event, maker, incoming.order, incoming.price, quantity, quantity,",
  ),
  mutant(
    "fill-or-kill counts own orders",
    "take.ts",
    "if (orders.get(slot, OWNER) !== incoming.owner) missing",
    "if (slot !== 0) missing",
  ),
  mutant(
    "fill-or-kill counts what stands behind an own order",
    "take.ts",
    "else if (!skipsOwn) return BLOCKED;",
    "else if (!skipsOwn) continue;",
  ),
  mutant(
    "fill-or-kill trades one lot short",
    "enter.ts",
    "if (time === FOK && !canFill(state)) {",
    "incoming.open -= 1; const can = canFill(state); incoming.open += 1;\n" +
      "  if (time === FOK && !can) {",
  ),
  mutant("immediate-or-cancel rests", "enter.ts", "time >= IOC", "time > IOC"),
  mutant(
    "a market order rests",
    "enter.ts",
    "if ((type & TO_MARKET) !== 0) {",
    "if (type > TO_MARKET) {",
  ),
  mutant(
    "more quantity keeps its place",
    "replace.ts",
    "const keepsPlace = quantity <= oldQuantity && price ===",
    "const keepsPlace = price ===",
  ),
  mutant(
    "less quantity loses its place",
    "replace.ts",
    "const keepsPlace = quantity <= oldQuantity && price ===",
    "const keepsPlace = quantity === oldQuantity && price ===",
  ),
  mutant(
    "a replace forgets what was filled",
    "replace.ts",
    "const open = quantity - (oldQuantity - oldOpen);",
    "const open = quantity;",
  ),
  mutant(
    "a replaced order loses its self-trade prevention",
    "replace.ts",
    "incoming.flags = place & FLAGS;",
    "incoming.flags = place & 7;",
  ),
  mutant(
    "a replace may change an order of another client",
    "replace.ts",
    "if (slot === 0 || state.orders.get(slot, OWNER) !== owner)",
    "if (slot === 0 || owner < 0)",
  ),
  mutant(
    "a cancel may end an order of another client",
    "end.ts",
    "if (slot === 0 || state.orders.get(slot, OWNER) !== owner)",
    "if (slot === 0 || owner < 0)",
  ),
  mutant(
    "stops trigger one tick late",
    "enter.ts",
    "lastPrice >= stopPrice",
    "lastPrice > stopPrice",
  ),
  mutant(
    "stops trigger in the order of their prices",
    "enter.ts",
    ".sort((a, b) => armedBefore(state, a, b))",
    "",
  ),
  mutant(
    "only the last price of a sweep wakes stops",
    "take.ts",
    "if (state.lowest === 0 || price < state.lowest) state.lowest = price;",
    "state.lowest = price; state.highest = price;",
  ),
  mutant(
    "a cascade ends after the first wave",
    "enter.ts",
    "for (let turn = 0; turn < waiting.length; turn += 1) {",
    "for (let turn = 0, end = waiting.length; turn < end; turn += 1) {",
  ),
  mutant(
    "owners trade with themselves",
    "take.ts",
    "page[at + OWNER] === owner\n",
    "page[at + OWNER] === -1 - owner\n",
  ),
  mutant(
    "the wrong one of two own orders expires",
    "take.ts",
    "preventedOf(mode, EXPIRE_TAKER, makerOpen, incoming.open)",
    "preventedOf(mode, EXPIRE_MAKER, makerOpen, incoming.open)",
  ),
  mutant(
    "decrement ends both",
    "take.ts",
    "return mode <= EXPIRE_BOTH || own < opposite ? own : opposite;",
    "return mode <= EXPIRE_BOTH || own < opposite ? own : own;",
  ),
  mutant("a level keeps its old total", "take.ts", "levels.subtract(level, makerOpen - left);", ""),
  mutant(
    "post-only takes at the touch",
    "place.ts",
    "bestKey >= state.key(otherSide, price);",
    "bestKey > state.key(otherSide, price);",
  ),
  mutant("a halted book takes orders", "place.ts", 'if (state.halted) return "halted";', ""),
  mutant(
    "a number can be used twice",
    "place.ts",
    "if (order <= state.lastOrder) {",
    "if (order < state.lastOrder) {",
  ),
  mutant(
    "a restored book forgets the last price",
    "snapshot.ts",
    "state.lastPrice = lastPrice ?? 0;",
    "state.lastPrice = 0;",
  ),
  mutant(
    "the index loses orders behind a gap",
    "memory/number-index.ts",
    "segment[at] = isLast ? 0 : GONE;",
    "segment[at] = 0;",
  ),
  mutant(
    "a sorted run is cut in the wrong place",
    "memory/directory.ts",
    "upper[COUNT] = CAPACITY - half;",
    "upper[COUNT] = CAPACITY - half - 1;",
  ),
  mutant(
    "the first of a queue forgets the last",
    "take.ts",
    "if (slot !== 0) orders.page(slot)[orders.at(slot) + PREVIOUS] = tail;",
    "",
  ),
  mutant(
    "the next level is sought in another block only",
    "memory/ladder.ts",
    "if (worse !== 0) return levelOf(block, highest(worse));",
    "",
  ),
  mutant(
    "an emptied group is still listed",
    "memory/ladder.ts",
    "this.#directory.removeFound();",
    "",
  ),
  mutant(
    "the next level is sought in another group only",
    "memory/ladder.ts",
    "if (worseBlocks !== 0) return this.#topOf(levels.member(group, highest(worseBlocks)));",
    "",
  ),
  mutant(
    "a run of few groups is searched too far to the left",
    "memory/directory.ts",
    "if ((run[COUNT] ?? 0) > FEW) {",
    "if ((run[COUNT] ?? 0) > FEW + 1) {",
  ),
  mutant(
    "a large total loses its carry",
    "memory/levels.ts",
    "if (low < 0) this.#carry(level, 1);",
    "",
  ),
  mutant(
    "the id of a filled resting order stays taken",
    "session.ts",
    "if (event.makerOpen === 0) this.#forget(event.maker);",
    "",
  ),
  mutant("the id of a stop that waits is free", "session.ts", 'case "armed":', ""),
  mutant(
    "a modify takes what is to remain for the total",
    "session.ts",
    "const quantity = filled + remaining;",
    "const quantity = filled < 0 ? filled : remaining;",
  ),
];
