import { runtime } from "../../layers/runtime.ts";
import { sealAudit } from "./seal-audit.ts";

/** Runs on a schedule: chains the audit rows that are not chained yet, and returns how many. */
export const handler = (): Promise<number> => sealAudit(runtime);
