import { runtime } from "../../layers/runtime.ts";
import { createExpiry } from "./expire-orders.ts";

/** Run by schedule: releases what waited for its market and asks for the end of what is over. */
export const handler = createExpiry(runtime);
