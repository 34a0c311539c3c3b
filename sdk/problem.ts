import type { components } from "./schema.d.ts";

/** The body of a refusal, as RFC 9457 and the API describe it. */
export type ProblemBody = components["schemas"]["Problem"] & Readonly<Record<string, unknown>>;

/** What a call throws when the API refuses it. Switch on `code`: it is stable, the texts are not. */
export class BrokerXError extends Error {
  override readonly name = "BrokerXError";
  readonly status: number;
  readonly code: string;
  /** The whole body, when the response was a problem; the gateway's own refusals have none. */
  readonly problem: ProblemBody | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(response: Response, body: unknown) {
    const problem = isProblem(body) ? body : undefined;
    super(problem?.detail ?? messageOf(body) ?? `The API answered ${response.status}.`);
    this.status = response.status;
    this.code = problem?.code ?? `http_${response.status}`;
    this.problem = problem;
    this.retryAfterSeconds = retryAfter(response);
  }
}

/** The seconds of a `Retry-After` header, if there is one. */
export const retryAfter = (response: Response): number | undefined => {
  const seconds = Number(response.headers.get("retry-after") ?? "none");
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined;
};

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

const isProblem = (value: unknown): value is ProblemBody =>
  isRecord(value) && typeof value["code"] === "string" && typeof value["detail"] === "string";

const messageOf = (body: unknown): string | undefined =>
  isRecord(body) && typeof body["message"] === "string" ? body["message"] : undefined;
