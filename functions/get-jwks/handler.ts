import { endpoint } from "../../layers/http/endpoint.ts";
import { runtime } from "../../layers/runtime.ts";
import { getJwksContract } from "./contract.ts";

/** A new key must be published this long before it signs. */
const CACHE_SECONDS = 300;

export const handler = endpoint(runtime, getJwksContract, async () => ({
  status: 200,
  body: { keys: runtime.config.jwtKeys.jwks },
  headers: { "cache-control": `public, max-age=${CACHE_SECONDS}` },
}));
