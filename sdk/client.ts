import createClient from "openapi-fetch";
import type { Api, JsonMedia } from "./api.ts";
import type { BookMessage, Level } from "./book.ts";
import { createOrders, type Orders } from "./orders.ts";
import { type RetryOptions, retrying } from "./retry.ts";
import type { paths } from "./schema.d.ts";
import { unwrap } from "./unwrap.ts";

export type BrokerXOptions = {
  /** The gateway or a service, without a path: `http://127.0.0.1:8080`. */
  readonly baseUrl: string;
  /** The key of the gateway; a service that is called directly needs none. */
  readonly apiKey?: string;
  /** The access token or a BrokerX API key, requested before every call. */
  readonly token?: () => string | undefined;
  /** Called after a 401. Resolves to true when there is a new token: the request is then sent once more. */
  readonly renew?: () => Promise<boolean>;
  readonly retry?: RetryOptions;
  readonly fetch?: typeof fetch;
};

export type BrokerX = {
  /** Every route of the API, typed by its OpenAPI document: `api.GET("/api/v1/portfolio")`. */
  readonly api: Api;
  readonly orders: Orders;
  /** Credits cash. The same key never credits twice; without a key, one is made for this call. */
  readonly deposit: (
    deposit: { readonly amount: string; readonly currency?: string },
    idempotencyKey?: string,
  ) => Promise<Awaited<ReturnType<typeof sendDeposit>>>;
  /** The whole order book of a symbol; the feed's changes continue after its `seq`. */
  readonly book: (symbol: string) => Promise<Omit<BookMessage, "type">>;
  /** Sends any request with the same credentials and repetitions: for downloads and routes without types. */
  readonly fetch: (request: Request) => Promise<Response>;
  /** A ticket that opens one socket of the feed within 30 seconds. */
  readonly feedTicket: () => Promise<string>;
};

/** A client of BrokerX for Node and for browsers. */
export const createBrokerX = (options: BrokerXOptions): BrokerX => {
  const send = authorized(options);
  const api = createClient<paths, JsonMedia>({ baseUrl: options.baseUrl, fetch: send });
  return {
    api,
    fetch: send,
    book: (symbol) => readBook(api, symbol),
    orders: createOrders(api),
    deposit: (deposit, idempotencyKey = crypto.randomUUID()) =>
      sendDeposit(api, deposit, idempotencyKey),
    feedTicket: async () => (await unwrap(api.POST("/api/v1/market/tickets"))).ticket,
  };
};

/** Adds the credentials to a request, repeats it as `retrying` says, and once after a renewal. */
const authorized = (options: BrokerXOptions): ((request: Request) => Promise<Response>) => {
  const send = retrying(options.fetch ?? ((request) => fetch(request)), options.retry);
  const prepared = (request: Request): Request => {
    const copy = request.clone();
    const token = options.token?.();
    if (options.apiKey !== undefined) copy.headers.set("apikey", options.apiKey);
    if (token !== undefined) copy.headers.set("authorization", `Bearer ${token}`);
    return copy;
  };
  return async (request) => {
    const sentWith = options.token?.();
    const response = await send(prepared(request));
    if (response.status !== 401 || sentWith === undefined || options.renew === undefined)
      return response;
    return (await options.renew()) ? send(prepared(request)) : response;
  };
};

const sendDeposit = (
  api: Api,
  { amount, currency = "USD" }: { readonly amount: string; readonly currency?: string },
  idempotencyKey: string,
) =>
  unwrap(
    api.POST("/api/v1/deposits", {
      params: { header: { "idempotency-key": idempotencyKey } },
      body: { amount, currency },
    }),
  );

/** The generated types know that a level is a list, not that it has a price and a quantity. */
const levelsOf = (rows: readonly (readonly (string | number)[])[]): readonly Level[] =>
  rows.map(([price, quantity]) => [String(price), Number(quantity)]);

const readBook = async (api: Api, symbol: string): Promise<Omit<BookMessage, "type">> => {
  const params = { path: { symbol } };
  const book = await unwrap(api.GET("/api/v1/instruments/{symbol}/book", { params }));
  return { ...book, bids: levelsOf(book.bids), asks: levelsOf(book.asks) };
};
