"use strict";

// The health check of every image: requests the given address and exits with 0 when it answers 200.

const { get } = require("node:http");

const request = get(process.argv[2], { timeout: 4000 }, (answer) => {
  process.exit(answer.statusCode === 200 ? 0 : 1);
});
request.on("timeout", () => request.destroy());
request.on("error", () => process.exit(1));
