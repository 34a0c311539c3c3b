const LIST = new Intl.ListFormat("en");

/** The texts of the trade page: market data, order ticket and orders. */
export const tradeTexts = {
  trade: {
    title: (symbol: string) => `Trade ${symbol}`,
    watchList: "Watch list",
    symbol: "Symbol",
    price: "Price",
    quantity: "Quantity",
    time: "Time",
    last: "Last",
    bid: "Bid",
    ask: "Ask",
    chart: {
      interval: "Interval",
      label: (symbol: string) => `Candles of ${symbol}`,
      failed: "The candles could not be loaded.",
    },
    book: {
      title: "Order book",
      label: (symbol: string) => `Order book of ${symbol}`,
      empty: "No orders rest in this book.",
      spread: "Spread",
      fill: (side: string, price: string) =>
        side === "ask" ? `Buy at ${price}` : `Sell at ${price}`,
      states: {
        live: "Live",
        resyncing: "Resyncing",
        stale: "Stale",
        halted: "Halted",
        closed: "Closed",
      },
    },
    tape: { title: "Trades", empty: "No trades yet." },
    unknown: (symbol: string) =>
      `There is no instrument with the symbol ${symbol}. Choose a symbol from the watch list.`,
    nothingListed: "No instrument is listed yet.",
    phases: { halted: "Halted", closed: "Closed", delisted: "Closed" },
    notices: {
      closed: (calendar: string, opensAt: string) =>
        `${calendar} is closed; it opens ${opensAt}. DAY, GTC and GTD orders wait for the open; ` +
        "IOC and FOK orders are refused.",
      neverOpens: (calendar: string) => `${calendar} is closed, and no next session is known.`,
      halted: (symbol: string) =>
        `Trading in ${symbol} is halted. New orders are refused until it resumes; open orders can be cancelled.`,
      delisted: (symbol: string) =>
        `Trading in ${symbol} is closed by the operator. New orders are refused.`,
      delayed: (symbol: string) =>
        `Orders in ${symbol} are matched with a delay. New orders are accepted, but take longer.`,
    },
    firstSteps: {
      title: "First steps",
      deposit: "Deposit cash",
      deposited: "Cash is in your account",
      order: "Choose a symbol and place an order in the ticket",
      follow: "Follow your fills here and on the Portfolio and Activity pages",
    },
    ticket: {
      title: (symbol: string) => `Order ${symbol}`,
      direction: "Buy or sell",
      type: "Order type",
      types: [
        ["limit", "Limit"],
        ["market", "Market"],
        ["stop", "Stop"],
        ["stop_limit", "Stop limit"],
      ],
      limitPrice: "Limit price",
      stopPrice: "Stop price",
      timeInForce: "Time in force",
      timesInForce: [
        ["DAY", "Day"],
        ["GTC", "Good till cancelled"],
        ["GTD", "Good till date"],
        ["IOC", "Immediate or cancel"],
        ["FOK", "Fill or kill"],
      ],
      expiresAt: "Expires at",
      more: "More options",
      postOnly: "Post only: never take liquidity from the book",
      selfTrade: "If it would trade with my own order",
      selfTrades: [
        ["expire_taker", "End the new order"],
        ["expire_maker", "End the resting order"],
        ["expire_both", "End both"],
        ["decrement", "Reduce both"],
      ],
      buyingPower: "Buying power",
      sharesAvailable: "Shares available",
      submit: (side: string, symbol: string) => `${side} ${symbol}`,
      accepted: (side: string, quantity: string, symbol: string) =>
        `Order accepted: ${side.toLowerCase()} ${quantity} ${symbol}`,
    },
    preview: {
      fields: {
        quantity: "the quantity",
        stopPrice: "the stop price",
        price: "the limit price",
        expiresAt: "the time at which the order expires",
      },
      missing: (fields: readonly string[]) =>
        `Enter ${LIST.format(fields)} to see what the order needs.`,
      wrong: (fields: readonly string[]) => `Correct ${LIST.format(fields)}.`,
      asking: "Checking …",
      value: "Order value",
      estimate: { buy: "Estimate at the present ask", sell: "About, at the present bid" },
      worstPrice: "Worst possible price",
      held: "Held",
      heldShares: (count: string) => `${count} ${count === "1" ? "share" : "shares"}`,
      heldUntilEnd: "Held until the order is filled or ends; what is not used is released.",
      heldAtWorst: {
        buy:
          "The order trades at the best prices in the book, never above the worst possible price. " +
          "The amount is held until the order is filled; what is not used is released.",
        sell:
          "The order trades at the best prices in the book, never below the worst possible price. " +
          "The shares are held until the order is filled or ends.",
      },
      checks: (passed: number, all: number) => `${passed} of ${all} checks passed`,
    },
    orders: {
      open: "Open orders",
      ended: "Ended orders",
      noOpen: "You have no open orders.",
      noEnded: "No order has ended yet.",
      waitsForOpen: "waits for the open",
      cancelAll: "Cancel all",
      cancelledAll: (count: number) => `Cancelling ${count} ${count === 1 ? "order" : "orders"}`,
      cancel: "Cancel",
      cancelNamed: (name: string) => `Cancel ${name}`,
      replace: "Replace",
      replaceNamed: (name: string) => `Replace ${name}`,
      replaceSubmit: "Replace order",
      keep: "Keep as it is",
      cancelledOnRequest: "Cancelled on request",
      replaced: "The order has new terms.",
      newQuantity: "New total quantity",
      stop: (stop: string, limit: string | undefined) =>
        limit === undefined ? `stop ${stop}` : `stop ${stop}, limit ${limit}`,
      columns: {
        time: "Placed",
        side: "Side",
        type: "Type",
        filled: "Filled",
        average: "Average",
        until: "Until",
        status: "Status",
        actions: "Actions",
      },
    },
  },
} as const;
