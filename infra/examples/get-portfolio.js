"use strict";

const { requestOf } = require("./event.js");

// npx serverless invoke local -f getPortfolio --path infra/examples/get-portfolio.js
module.exports = requestOf({ method: "GET", path: "/api/v1/portfolio" });
