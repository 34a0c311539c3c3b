/** Known, but not allowed: the caller's role does not reach this far. */
export class Forbidden extends Error {
  override readonly name = "Forbidden";
}
