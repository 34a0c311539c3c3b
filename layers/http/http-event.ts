import type { Readable } from "node:stream";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";

/** A request as API Gateway hands it to a function (payload version 2.0). */
export type HttpEvent = APIGatewayProxyEventV2;

/**
 * What a function returns for it. A process with an HTTP server of its own also takes a stream, which
 * API Gateway does not.
 */
export type HttpResult = APIGatewayProxyStructuredResultV2 & { readonly stream?: Readable };
