import { check } from "k6";
import exec from "k6/execution";
import http from "k6/http";
import { SYMBOL } from "./settings.js";

// The requests of a client, with the checks that all scripts use.

/** The addresses of the services and the headers of every request of a client. */
export const apiClient = ({ portfolios, orders, apikey }, session) => {
  const params = (token, more = {}) => ({
    headers: {
      Authorization: `Bearer ${token}`,
      "Content-Type": "application/json",
      ...(apikey === undefined ? {} : { apikey }),
      ...more,
    },
  });
  const count = () => exec.scenario.iterationInTest;
  const isBuyersTurn = () => count() % 2 === 0;
  const judge = (response, checks) => {
    check(response, {
      ...checks,
      "has X-Instance": (response) => response.headers["X-Instance"] !== undefined,
    });
    return response;
  };
  return {
    portfolio: () =>
      judge(http.get(`${portfolios}/api/v1/portfolio`, named("portfolio", params(session.buyer))), {
        "portfolio 200/401": ({ status }) => status === 200 || status === 401,
      }),
    deposit: () =>
      judge(
        http.post(
          `${portfolios}/api/v1/deposits`,
          JSON.stringify({ amount: 1.0, currency: "USD" }),
          named(
            "deposit",
            params(session.buyer, {
              "Idempotency-Key": `${session.run}-${exec.scenario.name}-${count()}`,
            }),
          ),
        ),
        { "deposit 200/201": ({ status }) => status === 200 || status === 201 },
      ),
    /** Buys at 101 and sells at 99 alternately, so that every second order trades. */
    order: () => {
      const buying = isBuyersTurn();
      const order = {
        symbol: SYMBOL,
        order_type: "limit",
        direction: buying ? "buy" : "sell",
        quantity: 1,
        price: buying ? 101.0 : 99.0,
        time_in_force: "DAY",
        client_order_id: `${session.run}-${exec.scenario.name}-${count()}`,
      };
      const token = buying ? session.buyer : session.seller;
      return judge(
        http.post(
          `${orders}/api/v1/orders`,
          JSON.stringify({ order }),
          named("order", params(token)),
        ),
        { "order ok": ({ status }) => status === 200 || status === 201 },
      );
    },
  };
};

const named = (name, params) => ({ ...params, tags: { name } });
