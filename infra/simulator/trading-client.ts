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
    const answer = await fetch(`${urls[turn]}/api/v1/orders${path}`, {
      method,
      headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (answer.status >= 500 || answer.status === 429) {
      await answer.body?.cancel();
      throw new Error(`${method} ${path} answered ${answer.status}`);
    }
    return answer;
  };
  const place = async (order: object): Promise<string | undefined> => {
    const answer = await call("POST", "", { order });
    const { order_id } = (await answer.json()) as { readonly order_id?: string };
    return answer.ok ? order_id : undefined;
  };
  const cancel = async (orderId: string): Promise<void> => {
    const answer = await call("DELETE", `/${orderId}`);
    await answer.body?.cancel();
  };
  const openOrders = async (): Promise<readonly string[]> => {
    const answer = await call("GET", "?status=open&limit=500");
    const { orders } = (await answer.json()) as {
      readonly orders: readonly { readonly order_id: string }[];
    };
    return orders.map(({ order_id }) => order_id);
  };
  return { place, cancel, openOrders };
};
