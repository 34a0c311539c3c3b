import type { Brand } from "./brand.ts";

export type ClientId = Brand<string, "ClientId">;
export type OrderId = Brand<string, "OrderId">;
export type AmendmentId = Brand<string, "AmendmentId">;
export type TradeId = Brand<string, "TradeId">;
export type Ticker = Brand<string, "Ticker">;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const SYMBOL = /^[A-Z]{1,6}$/;

/** Returns whether the text is a UUID as this system writes it: lower case, with hyphens. */
export const isUuid = (text: string): boolean => UUID.test(text);

/** Returns whether the text is a ticker: one to six capital letters. */
export const isSymbol = (text: string): boolean => SYMBOL.test(text);
