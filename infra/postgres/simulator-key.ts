import { createHmac } from "node:crypto";
import { type ApiKeyParts, apiKeyOf } from "../../layers/platform/credentials/api-keys.ts";

/**
 * The API key of a simulated participant. The seeding of the database and the simulator derive it from a
 * secret that both know, so that it is stored nowhere.
 */
export const simulatorKey = (
  secret: string,
  email: string,
): ApiKeyParts & { readonly text: string } =>
  apiKeyOf(createHmac("sha512", secret).update(email).digest());
