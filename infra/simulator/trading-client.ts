const ANSWER_WITHIN_MS = 5_000;

/** The order calls of one participant: over HTTP with an API key, like any bot. */
export type TradingClient = {
  /**
   * Returns the order's id; undefined when the order was refused. Throws when the service does not
   * answer.
   */
  readonly place: (order: Readonly<Record<string, unknown>>) => Promise<string | undefined>;
  readonly cancel: (orderId: string) => Promise<void>;
  readonly openOrders: () => Promise<readonly string[]>;
};

/** Trades with an API key and alternates between the instances of the service. */
export const createTradingClient = (apiKey: string, urls: readonly string[]): TradingClient => {
  let turn = 0;
  const call = async (method: string, path: string, body?: object): Promise<Response> => {
    turn = (turn + 1) % urls.length;
    const response = await fetch(`${urls[turn]}/api/v1/orders${path}`, {
      method,
      headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (response.status >= 500 || response.status === 429) {
      await response.body?.cancel();
      throw new Error(`${method} ${path} answered ${response.status}`);
    }
    return response;
  };
  const place = async (order: object): Promise<string | undefined> => {
    const response = await call("POST", "", { order });
    const { order_id } = (await response.json()) as { readonly order_id?: string };
    return response.ok ? order_id : undefined;
  };
  const cancel = async (orderId: string): Promise<void> => {
    const response = await call("DELETE", `/${orderId}`);
    await response.body?.cancel();
  };
  const openOrders = async (): Promise<readonly string[]> => {
    const response = await call("GET", "?status=open&limit=500");
    const { orders } = (await response.json()) as {
      readonly orders: readonly { readonly order_id: string }[];
    };
    return orders.map(({ order_id }) => order_id);
  };
  return { place, cancel, openOrders };
};
