// Loaded before every process the launcher starts (`node --import`). The channel to the launcher
// closes however the launcher ends, kill -9 included: then this process has no reason to live and
// leaves its port free for the next start.

const GRACE_MS = 3_000;

process.channel?.unref();
const leave = (): void => {
  setTimeout(() => process.exit(1), GRACE_MS).unref();
  process.kill(process.pid, "SIGTERM");
};
// The launcher may be gone before this line is reached.
if (process.connected === false) leave();
else process.once("disconnect", leave);
