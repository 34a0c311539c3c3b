import { z } from "zod";
import {
  ALLOWED_IPS_MAX,
  API_KEY_NAME_CHARACTERS_MAX,
} from "../../layers/domain/identity/api-key.ts";
import { SCOPES } from "../../layers/domain/identity/session.ts";
import { contract } from "../../layers/http/contract.ts";
import { timeField } from "../../layers/http/fields.ts";
import { keyIdField, networkField } from "../../layers/http/identity/identity-fields.ts";
import { timeOut } from "../../layers/representation/fields.ts";

const keyOut = z.object({
  key_id: z.string(),
  name: z.string(),
  scopes: z.array(z.enum(SCOPES)),
  allowed_ips: z.array(z.string()),
  created_at: timeOut,
  expires_at: timeOut.nullable(),
  last_used_at: timeOut.nullable().meta({ description: "Accurate to the minute." }),
});

const promise = { tag: "identity", access: "client" } as const;

export const createApiKeyContract = contract({
  ...promise,
  operationId: "createApiKey",
  summary: "Create an API key. Only this answer contains the key itself.",
  method: "POST",
  path: "/api/v1/api_keys",
  stepUp: true,
  body: z.strictObject({
    name: z
      .string()
      .regex(
        new RegExp(`^[\\x20-\\x7e]{1,${API_KEY_NAME_CHARACTERS_MAX}}$`),
        `must be 1 to ${API_KEY_NAME_CHARACTERS_MAX} printable characters`,
      ),
    scopes: z.array(z.enum(SCOPES)).min(1).max(SCOPES.length),
    expires_at: timeField.optional(),
    allowed_ips: z.array(networkField).max(ALLOWED_IPS_MAX).optional(),
  }),
  answers: {
    201: {
      description: "The key: send it as `Authorization: Bearer brx_…`.",
      schema: z.object({ api_key: keyOut.extend({ key: z.string() }) }),
    },
  },
  problems: ["step_up_required", "too_many_api_keys"],
});

export const listApiKeysContract = contract({
  ...promise,
  operationId: "listApiKeys",
  summary: "List the API keys that are not revoked, oldest first.",
  method: "GET",
  path: "/api/v1/api_keys",
  answers: {
    200: { description: "The keys.", schema: z.object({ api_keys: z.array(keyOut) }) },
  },
  problems: [],
});

export const revokeApiKeyContract = contract({
  ...promise,
  operationId: "revokeApiKey",
  summary: "Revoke an API key. Within five seconds every service refuses it.",
  method: "DELETE",
  path: "/api/v1/api_keys/{id}",
  stepUp: true,
  params: z.strictObject({ id: keyIdField }),
  answers: { 204: { description: "The key is revoked." } },
  problems: ["step_up_required", "not_found"],
});
