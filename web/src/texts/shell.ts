/** The texts that every page shares: navigation, footer, dialogs and announcements. */
export const shellTexts = {
  common: {
    pending: "Working",
    loading: "Loading …",
    close: "Close",
    cancel: "Cancel",
    save: "Save",
    more: "Show more",
    notFoundTitle: "Not found",
    notFound: "There is no such page.",
    none: "–",
    confirm: "Confirm",
    from: "From",
    to: "To",
    copy: "Copy",
    copyNamed: (what: string) => `Copy: ${what}`,
    copied: (what: string) => `Copied: ${what}`,
    notCopied: "The browser did not allow copying.",
  },
  nav: {
    label: "Pages",
    skip: "Skip to content",
    trade: "Trade",
    portfolio: "Portfolio",
    activity: "Activity",
    transfers: "Transfers",
    reports: "Reports",
    settings: "Settings",
    operator: "Operator",
    signOut: "Log out",
    loggedInAs: "Logged in as",
    theme: (current: string) => (current === "dark" ? "Use light colours" : "Use dark colours"),
    connection: {
      connecting: "Connecting …",
      open: "Live",
      lost: "Reconnecting …",
      closed: "Not connected",
    },
  },
  footer: {
    about: "BrokerX, a brokerage you can run",
    charts: "Charts by TradingView",
  },
  demo: {
    label: "Demo",
    logInAs: "Demo. Log in as",
    mail: "Mail catcher",
    docs: "API reference",
  },
  sides: { buy: "Buy", sell: "Sell" },
  announcements: {
    fill: (direction: string, quantity: string, symbol: string, price: string) =>
      `${direction === "buy" ? "Bought" : "Sold"} ${quantity} ${symbol} at ${price}`,
    order: (direction: string, quantity: string, symbol: string) =>
      `Order to ${direction} ${quantity} ${symbol}`,
    ended: {
      cancelled: "was cancelled",
      expired: "has expired",
      rejected: "was rejected",
    } as Readonly<Record<string, string>>,
  },
  stepUp: {
    title: "Confirm that it is you",
    text: "We sent a code to your e-mail address.",
    appText: "Enter the code of your authenticator app.",
    code: "Code",
  },
} as const;
