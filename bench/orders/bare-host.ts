import { createServer } from "node:http";
import type { APIGatewayProxyEventV2, Context } from "aws-lambda";
import { handler } from "../../functions/place-order/handler.ts";

// The handler that places orders behind node:http only: the cost of a request without
// serverless-offline. Reads the same environment as the service; PORT is the port.

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", async () => {
    const event = {
      version: "2.0",
      routeKey: "POST /api/v1/orders",
      rawPath: request.url ?? "/",
      rawQueryString: "",
      headers: request.headers,
      requestContext: {
        http: { method: request.method, path: request.url, sourceIp: "127.0.0.1" },
      },
      body: Buffer.concat(chunks).toString(),
      isBase64Encoded: false,
    };
    const reply = await handler(event as unknown as APIGatewayProxyEventV2, {} as Context);
    response.writeHead(reply.statusCode ?? 500, reply.headers as Record<string, string>);
    response.end(reply.body);
  });
});
server.listen(Number(process.env["PORT"]), "127.0.0.1", () => console.log("listening"));
