/** The most messages of one request, a limit of SQS. */
export const MESSAGES_PER_BATCH = 10;
/** SQS limits the sum of the bodies of a batch to 256 KiB; the rest is left for attributes. */
const BYTES_PER_BATCH = 200 * 1024;

/** Divides messages into batches that SQS accepts, by number and by bytes, and keeps their order. */
export const inBatches = <Message>(
  messages: readonly Message[],
  bytesOf: (message: Message) => number = () => 0,
): readonly (readonly Message[])[] => {
  const batches: Message[][] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = bytesOf(message);
    const batch = batches.at(-1);
    if (
      batch === undefined ||
      batch.length === MESSAGES_PER_BATCH ||
      bytes + size > BYTES_PER_BATCH
    ) {
      batches.push([message]);
      bytes = size;
    } else {
      batch.push(message);
      bytes += size;
    }
  }
  return batches;
};
