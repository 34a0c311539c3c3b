/** A sentence with the value of an order and the limit of a check. */
type Comparison = (value: string, limit: string) => string;

const needed: Comparison = (value, limit) => `This needs ${value}; ${limit} is available.`;
const allowed: Comparison = (value, limit) => `This order has ${value}; allowed is ${limit}.`;

/** The texts for problem codes and checks of the API. */
export const problemsTexts = {
  problems: {
    network: "BrokerX cannot be reached. Please try again.",
    codes: {
      invalid_credentials: "The e-mail address or the password is wrong.",
      invalid_code: "The code is wrong or too old.",
      insufficient_funds: "There is not enough cash for this.",
      insufficient_shares: "There are not enough shares for this.",
      price_band: "The price is too far from the reference price.",
      quantity_limit: "The quantity is outside the limits.",
      notional_limit: "The order is too large.",
      duplicate_order: "You placed the same order less than a second ago.",
      invalid_tick: "The price does not fit the tick size.",
      invalid_lot: "The quantity does not fit the lot size.",
      instrument_not_tradable: "This instrument is halted.",
      market_closed: "The market is closed.",
      kill_switch: "Trading is stopped by an operator.",
      expires_at_passed: "The order would expire before it begins.",
      post_only_not_allowed: "Post only is for orders that can wait in the book, not IOC or FOK.",
      calendar_ends: "The trading calendar does not reach that far.",
      no_reference_price: "There is no reference price yet.",
      open_order_limit: "There are too many open orders.",
      client_not_active: "This account is not active.",
      order_rate_limit: "Too many orders in a short time. Please wait a second.",
      invalid_state: "The order has already ended.",
      invalid_verification_token: "This link is unknown, was used, or is too old.",
      account_not_empty: "The account still has orders, shares or cash.",
      validation_failed: "Some fields are invalid.",
      http_429: "Too many requests. Please wait a moment.",
    },
    // Shown after the sentence of the code of a check that failed.
    comparisons: {
      buying_power: needed,
      shares_available: needed,
      session: (value: string) => (value === "closed" ? "" : `It ${value}.`),
      calendar: (value: string, limit: string) => `Must end ${limit}; this order: ${value}.`,
      tick_size: (value: string, limit: string) =>
        `The price must be a multiple of ${limit}; this order has ${value}.`,
      lot_size: (value: string, limit: string) =>
        `The quantity must be a multiple of ${limit}; this order has ${value}.`,
      quantity: allowed,
      notional: (value: string, limit: string) =>
        `This order is worth up to ${value}; at most ${limit} is allowed.`,
      price_band: allowed,
      limit_band: allowed,
      open_orders: (value: string, limit: string) =>
        `This would be number ${value}; at most ${limit} are allowed.`,
    } as Readonly<Record<string, Comparison>>,
  },
  checks: {
    client_active: () => "Your account is active.",
    kill_switch: () => "No operator has stopped trading.",
    instrument_known: (value) => `${value} is listed.`,
    instrument_tradable: () => "The instrument is open for trading.",
    order_shape: () => "The fields of the order fit together.",
    calendar: (_, limit) => `The order ends while the trading calendar is known: ${limit}.`,
    session: (value) =>
      value === "open" ? "The market is open." : `The order waits: the market ${value}.`,
    tick_size: (_, limit) => `Prices are multiples of ${limit}.`,
    lot_size: (_, limit) => `The quantity is a multiple of ${limit}.`,
    quantity: (value, limit) => `The quantity ${value} is within ${limit}.`,
    notional: (value, limit) => `It is worth up to ${value}; the limit is ${limit}.`,
    price_band: (_, limit) => `Its price is within ${limit}.`,
    limit_band: (_, limit) => `Its limit price is within ${limit}.`,
    duplicate: () => "It does not repeat an order of a moment ago.",
    open_orders: (value, limit) => `Open orders with this order: ${value}, at most ${limit}.`,
    buying_power: (value, limit) => `It needs ${value} of ${limit} available.`,
    shares_available: (value, limit) => `It needs ${value} of ${limit} available shares.`,
  } as Readonly<Record<string, Comparison>>,
} as const;
