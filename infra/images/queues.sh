#!/bin/sh
# LocalStack runs this when it is ready: a FIFO queue for each shard (migration 0007).
set -eu
for shard in 0 1 2 3; do
  awslocal sqs create-queue --queue-name "commands-$shard.fifo" \
    --attributes FifoQueue=true >/dev/null
done
echo "queues ready"
