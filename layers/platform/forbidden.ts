/** The caller is known, but its role does not allow this. */
export class Forbidden extends Error {
  override readonly name = "Forbidden";
}
