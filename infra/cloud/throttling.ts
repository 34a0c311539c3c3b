import { chooseFunctions, type Services } from "./definitions.ts";

/**
 * Limits of one route, for all clients together: API Gateway knows no limit for each address. Login and
 * sign-up stay usable for all clients while an attacker tries passwords, because functions limit by account and
 * address as well.
 */
const STRICT = { ThrottlingRateLimit: 50, ThrottlingBurstLimit: 50 };

/**
 * Sets a stricter limit for the routes under these paths. The stage must wait for these routes: API
 * Gateway refuses settings of a route that it does not know.
 */
export const strictRoutes = (services: Services, paths: readonly string[]) => {
  const keys = chooseFunctions(services)
    .flatMap(({ events = [] }) => events)
    .flatMap((event) => (isHttpEvent(event) ? [event.httpApi] : []))
    .filter((key) => paths.some((path) => key.split(" ")[1]?.startsWith(path)));
  return {
    Properties: { RouteSettings: Object.fromEntries(keys.map((key) => [key, STRICT])) },
    DependsOn: keys.map(routeResource),
  };
};

const isHttpEvent = (event: unknown): event is { readonly httpApi: string } =>
  typeof event === "object" &&
  event !== null &&
  "httpApi" in event &&
  typeof event.httpApi === "string";

/** The name that the framework gives to a route: `POST /api/v1/a-b/{id}` → `…PostApiV1ADashbIdVar`. */
const routeResource = (key: string): string =>
  `HttpApiRoute${key.split("/").map(resourcePart).join("")}`;

const resourcePart = (part: string): string =>
  part
    .toLowerCase()
    .replaceAll("-", "Dash")
    .replaceAll(/\{(.*?)\}/g, "$1Var")
    .replaceAll(/[^0-9A-Za-z]/g, "")
    .replace(/^./, (first) => first.toUpperCase());
