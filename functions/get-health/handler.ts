import { endpoint } from "../../layers/http/endpoint.ts";
import { runtime } from "../../layers/runtime.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { getHealthContract } from "./contract.ts";
import { getHealth } from "./get-health.ts";

const parts = {
  database: () => runtime.database.query(sql`select 1`),
  queue: runtime.queue.check,
};

/** `GET /health` of every service that answers HTTP through functions. */
export const handler = endpoint(runtime, getHealthContract, () =>
  getHealth(runtime.config.instance, parts),
);
