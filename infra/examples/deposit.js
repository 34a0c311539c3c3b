"use strict";

const { randomUUID } = require("node:crypto");
const { requestOf } = require("./event.js");

// npx serverless invoke local -f deposit --path infra/examples/deposit.js
module.exports = requestOf({
  method: "POST",
  path: "/api/v1/deposits",
  headers: { "idempotency-key": randomUUID() },
  body: { amount: "1000.00", currency: "USD" },
});
