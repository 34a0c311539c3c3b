import { BrokerXError } from "./problem.ts";

type Answer<T> = { readonly data?: T; readonly error?: unknown; readonly response: Response };

/** Returns the data of a response; throws a `BrokerXError` when the API refused the request. */
export const unwrap = async <T>(reply: Promise<Answer<T>>): Promise<Exclude<T, undefined>> => {
  const { data, error, response } = await reply;
  if (!response.ok) throw new BrokerXError(response, error);
  return data as Exclude<T, undefined>; // undefined only where the API says 204
};
