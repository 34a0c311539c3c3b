"use strict";

const { requestOf } = require("./event.js");

// npx serverless invoke local -f placeOrder --path infra/examples/place-order.js
module.exports = requestOf({
  method: "POST",
  path: "/api/v1/orders",
  headers: { prefer: "wait=2" },
  body: {
    order: {
      symbol: "AAPL",
      order_type: "limit",
      direction: "buy",
      quantity: 1,
      price: 101.0,
      time_in_force: "DAY",
      client_order_id: `invoke-${Date.now()}`,
    },
  },
});
