/** The session of a request has ended while the request was processed. */
export class SessionEnded extends Error {
  override readonly name = "SessionEnded";
}
