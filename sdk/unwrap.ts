import { BrokerXError } from "./problem.ts";

type Answer<T> = { readonly data?: T; readonly error?: unknown; readonly response: Response };

/** The data of an answer; throws a `BrokerXError` when the API refused. */
export const unwrap = async <T>(answer: Promise<Answer<T>>): Promise<Exclude<T, undefined>> => {
  const { data, error, response } = await answer;
  if (!response.ok) throw new BrokerXError(response, error);
  return data as Exclude<T, undefined>; // undefined only where the API says 204
};
