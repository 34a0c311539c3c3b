import { parseObject } from "./cable.ts";

const CHANNEL = "OrdersChannel";

/** True for `{"channel":"OrdersChannel"}`, with whatever else a client puts there to tell its own apart. */
export const isOrdersChannel = (identifier: string): boolean =>
  parseObject(identifier)?.["channel"] === CHANNEL;
