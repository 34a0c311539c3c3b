// Preloaded into every process that the launcher starts (`node --import`). The channel to the
// launcher closes when the launcher ends, even after kill -9. This process then ends too and frees
// its port for the next start.

const GRACE_MS = 3_000;

process.channel?.unref();
const leave = (): void => {
  setTimeout(() => process.exit(1), GRACE_MS).unref();
  process.kill(process.pid, "SIGTERM");
};
// The launcher may have ended before this line runs.
if (process.connected === false) leave();
else process.once("disconnect", leave);
