import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  GoneException,
  PayloadTooLargeException,
  PostToConnectionCommand,
} from "@aws-sdk/client-apigatewaymanagementapi";

/** How to reach a socket that API Gateway holds. */
export type ManagementApi = {
  /** Rejects when the gateway does not answer, however often it is asked. */
  readonly post: (connectionId: string, text: string) => Promise<"sent" | "gone" | "too_large">;
  /** Ends the connection; one that is gone already is ended too. */
  readonly hangUp: (connectionId: string) => Promise<void>;
  readonly close: () => void;
};

const REQUESTS_AT_ONCE = 200;
const REQUEST_TIMEOUT_MS = 2_000;
/** What a stand-in for AWS accepts; the cloud's own credentials come from the environment. */
const LOCAL_CREDENTIALS = { accessKeyId: "local", secretAccessKey: "local" };

/** The management API of the WebSocket API at `url`: its `https://….amazonaws.com/<stage>`. */
export const openManagementApi = (options: {
  readonly url: string;
  readonly region: string;
}): ManagementApi => {
  const agent = { keepAlive: true, maxSockets: REQUESTS_AT_ONCE };
  const client = new ApiGatewayManagementApiClient({
    region: options.region,
    endpoint: options.url,
    maxAttempts: 3,
    requestHandler: {
      ...{ requestTimeout: REQUEST_TIMEOUT_MS, throwOnRequestTimeout: true },
      ...{ httpAgent: agent, httpsAgent: agent, socketAcquisitionWarningTimeout: 60_000 },
    },
    ...(options.url.startsWith("http:") ? { credentials: LOCAL_CREDENTIALS } : {}),
  });
  return {
    post: async (connectionId, text) => {
      try {
        const command = new PostToConnectionCommand({ ConnectionId: connectionId, Data: text });
        await client.send(command);
        return "sent";
      } catch (error) {
        if (error instanceof GoneException) return "gone";
        if (error instanceof PayloadTooLargeException) return "too_large";
        throw error;
      }
    },
    hangUp: async (connectionId) => {
      try {
        await client.send(new DeleteConnectionCommand({ ConnectionId: connectionId }));
      } catch (error) {
        if (!(error instanceof GoneException)) throw error;
      }
    },
    close: () => client.destroy(),
  };
};
