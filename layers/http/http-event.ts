import type { Readable } from "node:stream";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";

/** A request in the format that API Gateway passes to a function (payload version 2.0). */
export type HttpEvent = APIGatewayProxyEventV2;

/**
 * The answer of a function. A process with its own HTTP server also sends streams, which API
 * Gateway cannot.
 */
export type HttpResult = APIGatewayProxyStructuredResultV2 & { readonly stream?: Readable };
