/** A part the process depends on did not answer in time, or at all; asking again later may help. */
export class Unavailable extends Error {
  override readonly name = "Unavailable";
}
