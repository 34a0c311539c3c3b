import type { Api } from "./api.ts";
import { BrokerXError } from "./problem.ts";
import type { components, paths } from "./schema.d.ts";
import { unwrap } from "./unwrap.ts";

type Schemas = components["schemas"];
export type Order = Schemas["Order"];
export type OrderRequest = Schemas["OrderRequest"];
export type Preview =
  paths["/api/v1/orders/preview"]["post"]["responses"]["200"]["content"]["application/json"];

/** New terms of an order; omitted terms do not change. `quantity` is the new total. */
export type NewTerms = Omit<Schemas["ReplaceRequest"], "client_version">;

export type Orders = {
  /** Places an order. Without a `client_order_id` it makes one, so that the request can be repeated safely. */
  readonly place: (order: PlaceRequest, waitSeconds?: number) => Promise<Order>;
  readonly preview: (order: PlaceRequest) => Promise<Preview>;
  /**
   * Replaces an order. When the order changed in the meantime, `terms` is called again with the order as it
   * is now; return undefined to give up.
   */
  readonly replace: (
    order: Order,
    terms: NewTerms | ((current: Order) => NewTerms | undefined),
  ) => Promise<Order>;
  /** Cancels an order, whatever its version. */
  readonly cancel: (orderId: string) => Promise<Order>;
  readonly get: (orderId: string) => Promise<Order>;
};

export type PlaceRequest = Pick<OrderRequest, "symbol" | "direction" | "order_type" | "quantity"> &
  Partial<OrderRequest>;

const ATTEMPTS = 5;

/** The API has defaults for these fields, but the generated types require them. */
const complete = (order: PlaceRequest): OrderRequest => ({
  time_in_force: "DAY",
  post_only: false,
  self_trade_prevention: "expire_taker",
  ...order,
});

/** The calls about orders that need more than one request or a key of their own. */
export const createOrders = (api: Api): Orders => {
  const get = (id: string): Promise<Order> =>
    unwrap(api.GET("/api/v1/orders/{id}", { params: { path: { id } } }));
  return {
    get,
    place: (order, waitSeconds) =>
      unwrap(
        api.POST("/api/v1/orders", {
          params: waitSeconds ? { header: { prefer: `wait=${waitSeconds}` } } : {},
          body: { order: { client_order_id: crypto.randomUUID(), ...complete(order) } },
        }),
      ),
    preview: (order) =>
      unwrap(api.POST("/api/v1/orders/preview", { body: { order: complete(order) } })),
    replace: (order, terms) => replace(api, get, order, terms),
    cancel: (id) => unwrap(api.DELETE("/api/v1/orders/{id}", { params: { path: { id } } })),
  };
};

const replace = async (
  api: Api,
  get: Orders["get"],
  order: Order,
  terms: Parameters<Orders["replace"]>[1],
): Promise<Order> => {
  let current = order;
  for (let attempt = 1; ; attempt += 1) {
    const wanted = typeof terms === "function" ? terms(current) : terms;
    if (wanted === undefined) return current;
    try {
      return await unwrap(
        api.POST("/api/v1/orders/{id}/replace", {
          params: { path: { id: current.order_id } },
          body: { order: { ...wanted, client_version: current.lock_version } },
        }),
      );
    } catch (error) {
      if (attempt >= ATTEMPTS || !isVersionConflict(error)) throw error;
      current = await get(current.order_id);
    }
  }
};

const isVersionConflict = (error: unknown): boolean =>
  error instanceof BrokerXError && error.code === "version_conflict";
