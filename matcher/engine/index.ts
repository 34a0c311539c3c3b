/** The public surface of the package. Inside the repository, import the files themselves. */
export { BrokenInvariant } from "./assert.ts";
export { apply, type Book, createArena, createBook, depth, execute } from "./book.ts";
export { assertConsistent } from "./consistency.ts";
export { hash } from "./hash.ts";
export type * from "./protocol.ts";
export {
  type ModifyOrder,
  type PlaceOrder,
  Session,
  type SessionEvent,
} from "./session.ts";
export { restore, snapshot } from "./snapshot.ts";
export type { BookArena } from "./state.ts";
export { KIND, STRIDE } from "./tape.ts";
