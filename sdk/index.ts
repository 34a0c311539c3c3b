export { type Book, checksumOf, type Level } from "./book.ts";
export type { CableState } from "./cable.ts";
export { type BrokerX, type BrokerXOptions, createBrokerX } from "./client.ts";
export { compareDecimals, formatDecimal, parseDecimal } from "./decimal.ts";
export {
  Feed,
  type FeedOptions,
  type MarketHandlers,
  type MarketStatus,
  type OrdersHandlers,
  type OwnEvent,
  type Quote,
  type Trade,
} from "./feed.ts";
export type { BookState } from "./kept-book.ts";
export type { NewTerms, Order, OrderRequest, Orders, PlaceRequest, Preview } from "./orders.ts";
export { BrokerXError, type ProblemBody } from "./problem.ts";
export type { components, paths } from "./schema.d.ts";
export { unwrap } from "./unwrap.ts";
