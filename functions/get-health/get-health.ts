import { type Check, checkHealth, healthBody, isHealthy } from "../../layers/platform/health.ts";

/** Asks each part this instance needs; 503 when one does not answer, within two seconds in any case. */
export const getHealth = async (instance: string, parts: Readonly<Record<string, Check>>) => {
  const checks = await checkHealth(parts);
  return { status: isHealthy(checks) ? 200 : 503, body: healthBody(instance, checks) };
};
