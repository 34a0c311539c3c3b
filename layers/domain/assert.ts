/**
 * A fault of the program itself. It is never caught for business reasons and becomes a bare 500.
 */
export class BrokenInvariant extends Error {
  override readonly name = "BrokenInvariant";
}

/** Throws when a condition that must hold does not. A broken invariant stops the writer. */
export function assert(claim: boolean, message: string): asserts claim {
  if (!claim) throw new BrokenInvariant(message);
}

/** The end of every `switch` over a union: it does not compile while a case is missing. */
export const unreachable = (value: never): never => {
  throw new BrokenInvariant(`unexpected value ${JSON.stringify(value)}`);
};
