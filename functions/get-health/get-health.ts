import { type Check, checkHealth, healthBody, isHealthy } from "../../layers/platform/health.ts";

/**
 * Checks each dependency of this instance; 503 when one of them fails or does not answer within two
 * seconds.
 */
export const getHealth = async (instance: string, parts: Readonly<Record<string, Check>>) => {
  const checks = await checkHealth(parts);
  return { status: isHealthy(checks) ? 200 : 503, body: healthBody(instance, checks) };
};
