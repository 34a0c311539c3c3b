import { until } from "../../layers/testing/until.ts";
import type { Place } from "./launcher.ts";

const RECIPIENT = "demo@brokerx.local";
const usedCodes = new Set<string>();

type Mail = { readonly recipient: string; readonly text: string };

/** Waits for a login code that was mailed to the demo client and not used yet. */
export const mailedCode = async ({ ports }: Place): Promise<string> => {
  let code: string | undefined;
  await until(async () => {
    const response = await fetch(`http://127.0.0.1:${ports.mail}/api/messages`);
    const mails = (await response.json()) as readonly Mail[];
    code = mails
      .filter(({ recipient }) => recipient === RECIPIENT)
      .map(({ text }) => /code is ([0-9]{6})/.exec(text)?.[1])
      .find((found) => found !== undefined && !usedCodes.has(found));
    return code !== undefined;
  }, "a mailed code");
  usedCodes.add(code ?? "");
  return code ?? "";
};
