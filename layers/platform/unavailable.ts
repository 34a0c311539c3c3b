/** A dependency did not answer in time, or at all; a retry later may succeed. */
export class Unavailable extends Error {
  override readonly name = "Unavailable";
}
