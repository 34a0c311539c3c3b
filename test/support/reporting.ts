import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { freePort } from "../../layers/testing/free-port.ts";
import { asRole, TEST_JWT_KEY, TEST_MAIL_SECRET } from "../../layers/testing/http.ts";
import { until } from "../../layers/testing/until.ts";

/** The process that serves reports, as a real process. */
type ReportingProcess = {
  readonly url: string;
  /** Bytes of memory: now, and the most since it started. Undefined where there is no /proc. */
  readonly memory: () => { readonly now: number; readonly peak: number } | undefined;
  readonly stop: () => Promise<void>;
};

const REPORTING_NAME = "reporting-under-test";

/** Starts the process on a database as the launcher does, with its role, and waits until it is ready. */
export const startReporting = async (
  databaseUrl: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<ReportingProcess> => {
  const port = await freePort();
  const child = spawn(process.execPath, ["--max-semi-space-size=2", "infra/reporting/main.ts"], {
    stdio: ["ignore", "ignore", "inherit"],
    env: {
      ...process.env,
      BROKERX_INSTANCE: REPORTING_NAME,
      DATABASE_URL: asRole(databaseUrl, "brokerx_reports"),
      JWT_KEYS: `${TEST_JWT_KEY.kid}=${TEST_JWT_KEY.secret}`,
      MAIL_SECRET: TEST_MAIL_SECRET,
      REPORTING_PORT: String(port),
      LOG_LEVEL: "silent",
      ...environment,
    },
  });
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  };
  const url = `http://127.0.0.1:${port}`;
  const isReady = () =>
    fetch(`${url}/health`).then(
      ({ status }) => status === 200,
      () => false,
    );
  await until(isReady, "the reporting process is ready", 60_000);
  return { url, memory: () => memoryOf(child.pid ?? 0), stop };
};

const memoryOf = (pid: number): { readonly now: number; readonly peak: number } | undefined => {
  if (process.platform !== "linux") return undefined;
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const bytes = (field: string): number =>
    Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(status)?.[1]) * 1_024;
  return { now: bytes("VmRSS"), peak: bytes("VmHWM") };
};
