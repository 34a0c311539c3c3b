/** Raised when the program itself is wrong: never caught for business reasons, always a bare 500. */
export class BrokenInvariant extends Error {
  override readonly name = "BrokenInvariant";
}

/** States what must be true here. A broken invariant stops the writer instead of limping on. */
export function assert(claim: boolean, message: string): asserts claim {
  if (!claim) throw new BrokenInvariant(message);
}

/** The end of every `switch` over a union: does not compile while a case is missing. */
export const unreachable = (value: never): never => {
  throw new BrokenInvariant(`unexpected value ${JSON.stringify(value)}`);
};
