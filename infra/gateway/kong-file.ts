import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import { z } from "zod";

// The part of Kong's declarative format that this gateway enforces. Any other option is refused by
// name: an option that Kong would apply must never be silently ignored here.

const name = z.string().regex(/^[\w.-]+$/);
const milliseconds = z.int().min(1).max(600_000);
const statuses = z.array(z.int().min(100).max(599)).min(1);
const path = z.string().regex(/^\/[\w/.-]*$/, "is a plain prefix; expressions are not supported");

const scopedPlugin = z.discriminatedUnion("name", [
  z.strictObject({
    name: z.literal("key-auth"),
    config: z.strictObject({
      key_names: z.array(name).min(1),
      key_in_header: z.literal(true),
      key_in_query: z.literal(false),
      key_in_body: z.literal(false),
      hide_credentials: z.literal(true),
    }),
  }),
  z.strictObject({
    name: z.literal("rate-limiting"),
    config: z
      .strictObject({
        second: z.int().min(1).optional(),
        minute: z.int().min(1).optional(),
        policy: z.literal("local"),
        limit_by: z.enum(["ip", "consumer"]),
      })
      .refine((config) => (config.second ?? config.minute) !== undefined, "names no limit"),
  }),
  z.strictObject({
    name: z.literal("request-size-limiting"),
    config: z.strictObject({
      allowed_payload_size: z.int().min(1),
      size_unit: z.literal("kilobytes"),
      require_content_length: z.literal(false),
    }),
  }),
]);
/**
 * The Lua code of kong.yml that removes a correlation id of another form than services accept. This
 * gateway cannot run Lua. It knows what this code does, and refuses any other code.
 */
export const DROP_INVALID_CORRELATION_ID = `local id = kong.request.get_header("X-Correlation-Id") or ""
if #id <= 64 and id:find("^[%w_.:-]+$") then
  kong.service.request.set_header("X-Correlation-Id", id)
else
  kong.service.request.clear_header("X-Correlation-Id")
end
`;

/** These apply to every response, also without a route, so they can only be global. */
const globalPlugin = z.discriminatedUnion("name", [
  scopedPlugin,
  z.strictObject({
    name: z.literal("cors"),
    config: z.strictObject({
      origins: z.array(z.string()).min(1),
      methods: z.array(z.string()).min(1),
      headers: z.array(z.string()).min(1),
      exposed_headers: z.array(z.string()),
      credentials: z.literal(false),
      max_age: z.int().min(0),
    }),
  }),
  z.strictObject({
    name: z.literal("correlation-id"),
    config: z.strictObject({
      header_name: name,
      generator: z.literal("uuid"),
      echo_downstream: z.literal(true),
    }),
  }),
  z.strictObject({
    name: z.literal("pre-function"),
    config: z.strictObject({ rewrite: z.tuple([z.literal(DROP_INVALID_CORRELATION_ID)]) }),
  }),
  z.strictObject({
    name: z.literal("prometheus"),
    config: z.strictObject({
      per_consumer: z.literal(false),
      status_code_metrics: z.literal(true),
      latency_metrics: z.literal(true),
      bandwidth_metrics: z.literal(true),
      upstream_health_metrics: z.literal(true),
    }),
  }),
]);

const plugins = z.array(scopedPlugin).default([]);

const route = z.strictObject({
  name,
  protocols: z.tuple([z.literal("http")]),
  paths: z.array(path).min(1),
  strip_path: z.literal(false),
  plugins,
});

const service = z.strictObject({
  name,
  url: z.string().regex(/^http:\/\/[\w.-]+(:\d+)?$/, "is http://host or http://host:port"),
  connect_timeout: milliseconds,
  read_timeout: milliseconds,
  retries: z.int().min(0).max(10),
  routes: z.array(route).min(1),
  plugins,
});

const upstream = z.strictObject({
  name,
  algorithm: z.literal("round-robin"),
  healthchecks: z.strictObject({
    active: z.strictObject({
      type: z.literal("http"),
      http_path: path,
      timeout: z.number().positive(),
      healthy: z.strictObject({
        interval: z.number().positive(),
        successes: z.int().min(1),
        http_statuses: statuses,
      }),
      unhealthy: z.strictObject({
        interval: z.number().positive(),
        tcp_failures: z.int().min(1),
        timeouts: z.int().min(1),
        http_failures: z.int().min(1),
        http_statuses: statuses,
      }),
    }),
    passive: z.strictObject({
      type: z.literal("http"),
      unhealthy: z.strictObject({
        tcp_failures: z.int().min(1),
        timeouts: z.int().min(1),
        http_failures: z.literal(0),
      }),
    }),
  }),
  targets: z
    .array(
      z.strictObject({ target: z.string().regex(/^[\w.-]+:\d+$/), weight: z.int().positive() }),
    )
    .min(1),
});

const file = z.strictObject({
  _format_version: z.literal("3.0"),
  services: z.array(service).min(1),
  upstreams: z.array(upstream).default([]),
  consumers: z
    .array(
      z.strictObject({
        username: name,
        keyauth_credentials: z.array(z.strictObject({ key: z.string().min(8) })).min(1),
      }),
    )
    .default([]),
  plugins: z.array(globalPlugin).default([]),
});

export type KongFile = z.output<typeof file>;
export type Service = z.output<typeof service>;
export type Upstream = z.output<typeof upstream>;
export type Plugin = z.output<typeof globalPlugin>;
export type PluginName = Plugin["name"];
export type PluginConfig<Name extends PluginName> = Extract<Plugin, { name: Name }>["config"];

/** Parses the text of a `kong.yml`; throws an error that names every option it cannot enforce. */
export const parseKongFile = (text: string): KongFile => {
  const parsed = file.safeParse(parse(text));
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.flatMap((issue) => {
    const place = issue.path.join(".") || "the file";
    if (issue.code !== "unrecognized_keys") return [`${place}: ${issue.message}`];
    return issue.keys.map((key) => `${place}: the option ${key} is not enforced here`);
  });
  throw new Error(`The development gateway cannot run this kong.yml. ${faults.join("; ")}`);
};

/** Reads a `kong.yml`; throws when it is missing or has an option that is not enforced. */
export const readKongFile = async (path: string): Promise<KongFile> =>
  parseKongFile(await readFile(path, "utf8"));
