import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  GoneException,
  PayloadTooLargeException,
  PostToConnectionCommand,
} from "@aws-sdk/client-apigatewaymanagementapi";

/** Sends to sockets that API Gateway holds. */
export type ManagementApi = {
  /** Rejects when the gateway does not answer after three attempts. */
  readonly post: (connectionId: string, text: string) => Promise<"sent" | "gone" | "too_large">;
  /** Ends the connection; it is not an error when it has already ended. */
  readonly disconnect: (connectionId: string) => Promise<void>;
  readonly close: () => void;
};

const CONCURRENT_REQUESTS = 200;
const REQUEST_TIMEOUT_MS = 2_000;
/** For a local replacement of AWS; in the cloud the credentials come from the environment. */
const LOCAL_CREDENTIALS = { accessKeyId: "local", secretAccessKey: "local" };

/** Opens the management API of a WebSocket API; `url` is `https://….amazonaws.com/<stage>`. */
export const openManagementApi = (options: {
  readonly url: string;
  readonly region: string;
}): ManagementApi => {
  const agent = { keepAlive: true, maxSockets: CONCURRENT_REQUESTS };
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
    disconnect: async (connectionId) => {
      try {
        await client.send(new DeleteConnectionCommand({ ConnectionId: connectionId }));
      } catch (error) {
        if (!(error instanceof GoneException)) throw error;
      }
    },
    close: () => client.destroy(),
  };
};
