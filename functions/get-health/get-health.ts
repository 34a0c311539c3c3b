import { type Check, checkHealth, healthBody, isHealthy } from "../../layers/platform/health.ts";
import { isRehearsing } from "../../layers/platform/rehearsal.ts";

/**
 * Asks each part this instance needs; 503 when one is out, within two seconds whatever happens, and while
 * the instance rehearses: clients would wait longer there than with another one.
 */
export const getHealth = async (instance: string, parts: Readonly<Record<string, Check>>) => {
  const answers = await checkHealth(parts);
  const checks = isRehearsing() ? { ...answers, rehearsal: "running" } : answers;
  return { status: isHealthy(checks) ? 200 : 503, body: healthBody(instance, checks) };
};
