import { BrokerXError, createBrokerX } from "../../../sdk/index.ts";
import { config } from "../state/config.ts";
import { accessToken, renewSession } from "../state/session.ts";

/** The page's own client of the API: the SDK, with the access token that is kept in memory. */
export const brokerx = createBrokerX({
  baseUrl: location.origin,
  apiKey: config.apiKey,
  token: accessToken,
  renew: renewSession,
});

/** Sends JSON to a route and returns the JSON of the response; undefined after 204. */
export const call = async <T>(
  method: "GET" | "POST" | "PATCH" | "DELETE",
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<T> => {
  const request = new Request(new URL(path, location.origin), {
    method,
    headers: body === undefined ? headers : { "content-type": "application/json", ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return read<T>(await brokerx.fetch(request));
};

/** Returns the JSON of a response; throws a `BrokerXError` when the API refused the request. */
export const read = async <T>(response: Response): Promise<T> => {
  const text = await response.text();
  const body: unknown = text === "" ? undefined : parse(text);
  if (!response.ok) throw new BrokerXError(response, body);
  return body as T;
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
