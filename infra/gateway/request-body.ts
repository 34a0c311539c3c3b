import type { IncomingMessage } from "node:http";

/**
 * Reads a whole body, so that it can be sent again when a target's connection breaks. Resolves to
 * `too_large` past the limit and to `broken` when the caller has disconnected.
 */
export const readBody = (
  request: IncomingMessage,
  bytesMax: number,
): Promise<Buffer | "too_large" | "broken"> => {
  const { "content-length": declared, "transfer-encoding": encoding } = request.headers;
  if (Number(declared ?? 0) > bytesMax) {
    request.resume();
    return Promise.resolve("too_large");
  }
  if (declared === undefined && encoding === undefined) return Promise.resolve(Buffer.alloc(0));
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= bytesMax) chunks.push(chunk);
      else resolve("too_large");
    });
    request.once("end", () => resolve(Buffer.concat(chunks)));
    request.once("error", () => resolve("broken"));
    request.once("close", () => resolve("broken"));
  });
};
