import { z } from "zod";
import { contract } from "../../layers/http/contract.ts";

/** Public keys need no protection: neither a token nor the gateway key. */
export const getJwksContract = contract({
  operationId: "getJwks",
  summary: "Read the public keys that verify access tokens (RFC 7517).",
  tag: "identity",
  method: "GET",
  path: "/.well-known/jwks.json",
  access: "public",
  answers: {
    200: {
      description:
        "The keys; an empty list while tokens are signed with HS256, whose keys are secret.",
      schema: z
        .object({
          keys: z.array(
            z.object({
              kty: z.literal("OKP"),
              crv: z.literal("Ed25519"),
              alg: z.literal("EdDSA"),
              use: z.literal("sig"),
              kid: z.string(),
              x: z.string().meta({ description: "The public key, 32 bytes in base64url." }),
            }),
          ),
        })
        .meta({ id: "JsonWebKeySet" }),
    },
  },
  problems: [],
});
