import { z } from "zod";
import type { TokenPair } from "../../domain/identity/session.ts";
import type { Answer } from "../endpoint.ts";
import { sessionCookie } from "./session-cookie.ts";

/** The body of the answer to a login, a refresh and a step-up. */
export const tokenPairOut = z.object({
  token: z.string(),
  token_type: z.literal("Bearer"),
  expires_in: z.int().meta({ description: "Seconds the token works." }),
  refresh_token: z
    .string()
    .optional()
    .meta({ description: "Absent when it is in the session cookie." }),
});

type Runtime = {
  readonly config: { readonly publicUrl: string; readonly refreshTtlSeconds: number };
  readonly tokens: { readonly ttlSeconds: number };
};

/** Returns a pair of tokens, with the refresh token in the body or in the page's cookie. */
export const answerPair = (
  { config, tokens }: Runtime,
  { token, refreshToken }: TokenPair,
  inCookie: boolean,
): Answer => {
  const body = { token, token_type: "Bearer", expires_in: tokens.ttlSeconds };
  if (!inCookie) return { status: 200, body: { ...body, refresh_token: refreshToken } };
  const { refreshTtlSeconds, publicUrl } = config;
  return { status: 200, body, headers: sessionCookie(refreshToken, refreshTtlSeconds, publicUrl) };
};
