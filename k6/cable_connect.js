import { check } from "k6";
import { Counter, Trend } from "k6/metrics";
import { WebSocket } from "k6/websockets";
import { logIn } from "./lib/session.js";
import { APIKEY, DURATION, SYMBOL, VUS, WS_HOLD_MS, WS_URL } from "./lib/settings.js";

// Opens sockets, subscribes, keeps them open for WS_HOLD_MS while messages arrive, and closes them.

const firstBook = new Trend("cable_first_book", true);
const messages = new Counter("cable_messages");

export const options = {
  scenarios: { cable: { executor: "constant-vus", vus: VUS, duration: DURATION } },
  thresholds: {
    checks: ["rate==1"],
    cable_first_book: ["p(95)<1000"],
    cable_messages: ["count>0"],
  },
};

export const setup = logIn;

const address = (token) => {
  const base = WS_URL.endsWith("/cable") ? WS_URL : `${WS_URL.replace(/\/$/, "")}/cable`;
  return `${base}?token=${token}`;
};

export default function user({ buyer }) {
  const opened = Date.now();
  const seen = { welcome: false, confirmed: false, book: false, rejected: false };
  const socket = new WebSocket(address(buyer), "actioncable-v1-json", {
    headers: { apikey: APIKEY },
    tags: { name: "cable" },
  });
  socket.onmessage = ({ data }) => {
    messages.add(1);
    const { type, message } = JSON.parse(data);
    if (type === "welcome") {
      seen.welcome = true;
      const identifier = JSON.stringify({ channel: "MarketChannel", symbols: [SYMBOL] });
      socket.send(JSON.stringify({ command: "subscribe", identifier }));
    }
    if (type === "confirm_subscription") seen.confirmed = true;
    if (type === "reject_subscription") seen.rejected = true;
    if (message?.type === "orderbook" && !seen.book) {
      seen.book = true;
      firstBook.add(Date.now() - opened);
    }
  };
  const timer = setTimeout(() => socket.close(), WS_HOLD_MS);
  socket.onclose = () => {
    clearTimeout(timer);
    check(seen, {
      "socket welcome": ({ welcome }) => welcome,
      "subscription confirmed": ({ confirmed, rejected }) => confirmed && !rejected,
      "order book arrived": ({ book }) => book,
      "held to the end": () => Date.now() - opened >= WS_HOLD_MS,
    });
  };
}
