import { runtime } from "../../layers/runtime.ts";
import { sealAudit } from "./seal-audit.ts";

/** Run by schedule: chains the audit rows that are not chained yet, and answers how many they were. */
export const handler = (): Promise<number> => sealAudit(runtime);
