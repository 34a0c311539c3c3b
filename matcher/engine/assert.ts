/** Thrown after a mistake of the caller or of the engine. A business rule never throws it. */
export class BrokenInvariant extends Error {
  override readonly name = "BrokenInvariant";
}

/**
 * Throws when a condition that must hold does not. The engine is a package of its own, so it has
 * its own assert.
 */
export function assert(claim: boolean, message: string): asserts claim {
  if (!claim) throw new BrokenInvariant(message);
}

/** The end of every `switch` over a union: it does not compile while a case is missing. */
export const unreachable = (value: never): never => {
  throw new BrokenInvariant(`unexpected value ${JSON.stringify(value)}`);
};
