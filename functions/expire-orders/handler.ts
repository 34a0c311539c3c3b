import { runtime } from "../../layers/runtime.ts";
import { createExpiry } from "./expire-orders.ts";

/**
 * Runs on a schedule: releases orders whose market has opened, and requests the end of expired
 * orders.
 */
export const handler = createExpiry(runtime);
