"use strict";

// The health check of every image: asks the address it is given and ends with 0 when that answers 200.

const { get } = require("node:http");

const request = get(process.argv[2], { timeout: 4000 }, (answer) => {
  process.exit(answer.statusCode === 200 ? 0 : 1);
});
request.on("timeout", () => request.destroy());
request.on("error", () => process.exit(1));
