import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { BODY_BYTES_MAX, parseBody } from "./json.ts";
import { malformed, Problem } from "./problem.ts";

/**
 * Reads the JSON object that a request must carry. Throws 400 when there is no body, or it is not
 * valid UTF-8 or not one JSON object; 415 when its content type is not `application/json`, or names
 * a charset other than UTF-8; 413 when it is too large.
 */
export const readJsonBody = (event: APIGatewayProxyEventV2): object => {
  const text = bodyText(event);
  if (text === "") throw malformed("malformed_json", "A JSON body is required.");
  if (!isJson(event.headers?.["content-type"] ?? ""))
    throw new Problem({
      status: 415,
      code: "unsupported_media_type",
      detail: "The content type of the body must be application/json, in UTF-8.",
    });
  return parseBody(text);
};

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const bodyText = ({ body: sent, isBase64Encoded }: APIGatewayProxyEventV2): string => {
  // API Gateway leaves `body` out when there is none; serverless-offline sets it to null.
  const body = sent ?? "";
  // Four base64 characters are three bytes: a body that is too large is not even decoded.
  if (!isBase64Encoded || body.length > 2 * BODY_BYTES_MAX) return body;
  try {
    return utf8.decode(Buffer.from(body, "base64"));
  } catch {
    throw malformed("malformed_json", "The body is not valid UTF-8.");
  }
};

/** RFC 8259 defines no parameter of `application/json`, but many clients send a charset. */
const JSON_TYPE = /^application\/json\s*(?:;\s*charset\s*=\s*(?:utf-8|"utf-8")\s*)?;?\s*$/i;

const isJson = (contentType: string): boolean => JSON_TYPE.test(contentType);
