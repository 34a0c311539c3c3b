import { endpoint } from "../../layers/http/endpoint.ts";
import { runtime } from "../../layers/runtime.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { getHealthContract } from "./contract.ts";
import { getHealth } from "./get-health.ts";

const { config, database } = runtime;

/**
 * `GET /health` of every service that answers HTTP through functions. They need the database alone:
 * without the queue, orders are accepted and the matcher reads them from the database.
 */
export const handler = endpoint(runtime, getHealthContract, () =>
  getHealth(config.instance, { database: () => database.query(sql`select 1`) }),
);
