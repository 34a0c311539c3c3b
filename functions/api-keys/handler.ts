import type { ApiKey } from "../../layers/domain/identity/api-key.ts";
import { endpoint } from "../../layers/http/endpoint.ts";
import { refusedField, tooManyApiKeys } from "../../layers/http/identity/identity-problems.ts";
import { notFound } from "../../layers/http/problem.ts";
import { runtime } from "../../layers/runtime.ts";
import { listKeys } from "../../layers/store/identity/api-keys.ts";
import { createApiKey, revokeApiKey } from "./api-keys.ts";
import { createApiKeyContract, listApiKeysContract, revokeApiKeyContract } from "./contract.ts";

export const createHandler = endpoint(runtime, createApiKeyContract, async (call) => {
  const { client: clientId, credential, body, correlationId } = call;
  const { name, scopes, expires_at: expiresAt, allowed_ips: allowedIps = [] } = body;
  const outcome = await createApiKey(runtime, {
    ...{ clientId, sessionId: credential.id, correlationId },
    ...{ name, scopes, expiresAt, allowedIps },
  });
  if (outcome.ok) {
    const { text, ...key } = outcome.value;
    return { status: 201, body: { api_key: { ...show(key), key: text } } };
  }
  throw outcome.failure.code === "too_many_api_keys"
    ? tooManyApiKeys()
    : refusedField("expires_at", outcome.failure.code, "must be in the future");
});

export const listHandler = endpoint(runtime, listApiKeysContract, async ({ client }) => {
  const keys = await listKeys(runtime.database, client);
  return { status: 200, body: { api_keys: keys.map(show) } };
});

export const revokeHandler = endpoint(runtime, revokeApiKeyContract, async (call) => {
  const { client: clientId, correlationId } = call;
  if (!(await revokeApiKey(runtime, { clientId, keyId: call.params.id, correlationId })))
    throw notFound("There is no such API key.");
  return { status: 204 };
});

const show = (key: ApiKey) => ({
  key_id: key.keyId,
  name: key.name,
  scopes: key.scopes,
  allowed_ips: key.allowedIps,
  created_at: key.createdAt.toISOString(),
  expires_at: key.expiresAt?.toISOString() ?? null,
  last_used_at: key.lastUsedAt?.toISOString() ?? null,
});
