import { malformed, unauthorized } from "../problem.ts";

const NAME = "brokerx_refresh";
/** The cookie is sent only to the routes that refresh and log out. */
const PATH = "/api/v1/auth";
const COOKIE = new RegExp(`(?:^|;) *${NAME}=([\\w-]{1,128}) *(?:;|$)`);

type Headers = Readonly<Record<string, string | undefined>>;

/** The refresh token of a request, and whether it was in the page's cookie. */
type SentRefreshToken = { readonly token: string; readonly inCookie: boolean };

/**
 * Takes the refresh token from the body or, for a page, from its cookie. The cookie counts only with a
 * JSON content type and the page's own `Origin`: a form or a page of another site cannot send both.
 */
export const readRefreshToken = (
  headers: Headers,
  inBody: string | undefined,
  publicUrl: string,
): SentRefreshToken | undefined => {
  if (inBody !== undefined) return { token: inBody, inCookie: false };
  const token = COOKIE.exec(headers["cookie"] ?? "")?.[1];
  if (token === undefined) return undefined;
  if (!/^application\/json\b/i.test(headers["content-type"] ?? ""))
    throw malformed("malformed_json", "A session cookie counts only with a JSON content type.");
  if (!ownOrigins(publicUrl).includes(headers["origin"] ?? ""))
    throw unauthorized("A session cookie counts only from the page's own origin.");
  return { token, inCookie: true };
};

/** The origin of the page; on a laptop it has two names. */
const ownOrigins = (publicUrl: string): readonly string[] => {
  const { protocol, host, hostname, port } = new URL(publicUrl);
  const names = ["127.0.0.1", "localhost"];
  if (!names.includes(hostname)) return [`${protocol}//${host}`];
  return names.map((name) => `${protocol}//${name}${port === "" ? "" : `:${port}`}`);
};

/** A `Set-Cookie` header for the refresh token, which no script can read. */
export const sessionCookie = (
  token: string,
  maxAgeSeconds: number,
  publicUrl: string,
): Readonly<Record<string, string>> => ({
  "set-cookie": [
    `${NAME}=${token}`,
    `Path=${PATH}`,
    `Max-Age=${maxAgeSeconds}`,
    "HttpOnly",
    "SameSite=Strict",
    ...(publicUrl.startsWith("https:") ? ["Secure"] : []),
  ].join("; "),
});

/** A `Set-Cookie` header that removes the cookie. */
export const expiredCookie = (publicUrl: string): Readonly<Record<string, string>> =>
  sessionCookie("", 0, publicUrl);
