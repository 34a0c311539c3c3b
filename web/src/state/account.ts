import { computed, signal } from "@preact/signals";
import { type components, type Order, type OwnEvent, unwrap } from "../../../sdk/index.ts";
import { brokerx } from "../api/brokerx.ts";
import { announceFill, announceOrder } from "./announcements.ts";
import { openFeed } from "./market.ts";

export type Portfolio = components["schemas"]["Portfolio"];

const CLOSED = new Set(["filled", "cancelled", "expired", "rejected"]);
const ENDED_SHOWN = 20;
const PORTFOLIO_DELAY_MS = 250;

const orders = signal<ReadonlyMap<string, Order>>(new Map());
export const ordersLoaded = signal(false);
export const portfolio = signal<Portfolio | undefined>(undefined);
/** The number of the client's newest event; undefined until the feed has sent it. */
export const lastEventId = signal<number | undefined>(undefined);
/** The number of the newest event after which the client's withdrawals may be other than before. */
export const lastWithdrawalEvent = signal<number | undefined>(undefined);

const newestFirst = (a: Order, b: Order): number => b.created_at.localeCompare(a.created_at);

export const openOrders = computed(() =>
  [...orders.value.values()].filter(({ status }) => !CLOSED.has(status)).sort(newestFirst),
);
export const endedOrders = computed(() =>
  [...orders.value.values()]
    .filter(({ status }) => CLOSED.has(status))
    .sort((a, b) => b.updated_at.localeCompare(a.updated_at))
    .slice(0, ENDED_SHOWN),
);

/** Keeps the newest version of an order, from a response or from the feed. */
export const putOrder = (order: Order): void => {
  const known = orders.peek().get(order.order_id);
  if (known !== undefined && isNewer(known, order)) return;
  orders.value = new Map(orders.peek()).set(order.order_id, order);
};

const isNewer = (known: Order, order: Order): boolean =>
  known.lock_version > order.lock_version ||
  (known.lock_version === order.lock_version && known.updated_at > order.updated_at);

const loadOrders = async (): Promise<void> => {
  const [open, closed] = await Promise.all(
    (["open", "closed"] as const).map((status) =>
      unwrap(
        brokerx.api.GET("/api/v1/orders", {
          params: { query: { status, limit: status === "open" ? 500 : ENDED_SHOWN } },
        }),
      ),
    ),
  );
  const read = [...(open?.orders ?? []), ...(closed?.orders ?? [])];
  orders.value = new Map(read.map((order) => [order.order_id, order]));
  ordersLoaded.value = true;
};

export const loadPortfolio = async (): Promise<void> => {
  portfolio.value = await unwrap(brokerx.api.GET("/api/v1/portfolio"));
};

let portfolioTimer: ReturnType<typeof setTimeout> | undefined;

/** Reads the portfolio again soon; events that come together cause one request. */
const refreshPortfolio = (): void => {
  portfolioTimer ??= setTimeout(() => {
    portfolioTimer = undefined;
    void loadPortfolio().catch(() => undefined);
  }, PORTFOLIO_DELAY_MS);
};

const takeEvent = (event: OwnEvent): void => {
  if (event.type === "order") {
    putOrder(event.order);
    announceOrder(event.order);
  } else if (event.type === "fill") announceFill(event);
  else if (event.type === "withdrawal") lastWithdrawalEvent.value = event.event_id;
  else refreshPortfolio();
};

/** Follows the client's own orders and balances from now on. */
export const startAccount = (): void => {
  openFeed().watchOrders({
    onEvent: (event) => {
      lastEventId.value = event.event_id;
      takeEvent(event);
    },
    // After the first connect and after each break, everything up to this event is read once over HTTP.
    onSequence: (eventId) => {
      if (eventId === lastEventId.peek()) return;
      lastEventId.value = eventId;
      lastWithdrawalEvent.value = eventId;
      void Promise.all([loadOrders(), loadPortfolio()]).catch(() => undefined);
    },
  });
};

export const stopAccount = (): void => {
  clearTimeout(portfolioTimer);
  portfolioTimer = undefined;
  orders.value = new Map();
  ordersLoaded.value = false;
  portfolio.value = undefined;
  lastEventId.value = undefined;
  lastWithdrawalEvent.value = undefined;
};
