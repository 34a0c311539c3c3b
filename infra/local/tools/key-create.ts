import { portsFor } from "../launcher/ports.ts";
import { tokenFor } from "./token.ts";

// `npm run --silent key:create -- <email> [scopes]`: creates an API key for a demo account and prints it.

const main = async (): Promise<void> => {
  const [email, scopes = "read,trade"] = process.argv.slice(2);
  const token = await tokenFor(email, new Date());
  const url = `http://127.0.0.1:${portsFor(process.env).identity}/api/v1/api_keys`;
  const response = await fetch(url, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ name: "npm run key:create", scopes: scopes.split(",") }),
  }).catch((cause: unknown) => {
    throw new Error("BrokerX does not run. Start it first: npm start", { cause });
  });
  const body = (await response.json()) as {
    readonly api_key?: { readonly key: string };
    readonly detail?: string;
  };
  if (body.api_key === undefined) throw new Error(`No key was created: ${body.detail}`);
  console.log(body.api_key.key);
};

await main();
