import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { type PortName, type Ports, portsFor } from "../local/launcher/ports.ts";

type Config = {
  readonly global: Readonly<Record<string, string>>;
  readonly rule_files: readonly string[];
  readonly scrape_configs: readonly {
    readonly job_name: string;
    readonly static_configs: readonly {
      readonly targets: readonly string[];
      readonly labels: { readonly instance: string };
    }[];
  }[];
};

const portOf = (ports: Ports, instance: string): number =>
  instance === "gateway" ? ports["the gateway's status"] : ports[instance as PortName];

/** prometheus.yml for a laptop system: the same jobs on its ports, scraped at `interval` (`5s`). */
export const laptopConfig = async (ports: Ports, interval?: string): Promise<string> => {
  const text = await readFile(join(import.meta.dirname, "prometheus.yml"), "utf8");
  const config = parse(text) as Config;
  const pace =
    interval === undefined ? {} : { scrape_interval: interval, evaluation_interval: interval };
  return stringify({
    ...config,
    global: { ...config.global, ...pace },
    rule_files: [join(import.meta.dirname, "rules.yml")],
    scrape_configs: config.scrape_configs.map((job) => ({
      ...job,
      static_configs: job.static_configs.map(({ labels }) => ({
        labels,
        targets: [`127.0.0.1:${portOf(ports, labels.instance)}`],
      })),
    })),
  });
};

if (import.meta.main) console.log(await laptopConfig(portsFor(process.env)));
