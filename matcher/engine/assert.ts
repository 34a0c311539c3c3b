/** Thrown when the caller or the engine itself is wrong. A business rule never throws it. */
export class BrokenInvariant extends Error {
  override readonly name = "BrokenInvariant";
}

/** States what must be true here. The engine is a package of its own, so it brings its own assert. */
export function assert(claim: boolean, message: string): asserts claim {
  if (!claim) throw new BrokenInvariant(message);
}

/** The end of every `switch` over a union: does not compile while a case is missing. */
export const unreachable = (value: never): never => {
  throw new BrokenInvariant(`unexpected value ${JSON.stringify(value)}`);
};
