import { z } from "zod";

// Reads a packaged CloudFormation template, and works out values as CloudFormation would.

const resource = z.looseObject({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
  DependsOn: z.union([z.string(), z.array(z.string())]).optional(),
});
const template = z.looseObject({ Resources: z.record(z.string(), resource) });

export type Resource = z.infer<typeof resource>;
export type Template = z.infer<typeof template>;

export const parseTemplate = (text: string): Template => template.parse(JSON.parse(text));

/** The resources of a type, with their names. */
export const ofType = (
  { Resources }: Template,
  type: string,
): readonly (readonly [string, Resource["Properties"]])[] =>
  Object.entries(Resources).flatMap(([name, { Type, Properties }]) =>
    Type === type ? [[name, Properties] as const] : [],
  );

/** The values that only a deployed stack has. */
export type World = {
  /** What `Ref` of a resource gives; for a secret it is its name. */
  readonly ref: (name: string) => string;
  readonly attribute: (name: string, attribute: string) => string;
  /** The JSON member of a secret. */
  readonly secret: (id: string, key: string) => string;
};

const SECRET = /\{\{resolve:secretsmanager:(.*?):SecretString:(\w+)\}\}/g;

/** A property as text, with its references and secrets filled in. */
export const textOf = (value: unknown, world: World): string =>
  fill(value, world).replace(SECRET, (_match, id: string, key: string) => world.secret(id, key));

const intrinsic = z.union([
  z.strictObject({ Ref: z.string() }),
  z.strictObject({ "Fn::GetAtt": z.tuple([z.string(), z.string()]) }),
  z.strictObject({ "Fn::Sub": z.string() }),
  z.strictObject({ "Fn::Join": z.tuple([z.string(), z.array(z.unknown())]) }),
]);

const fill = (value: unknown, world: World): string => {
  if (typeof value === "string") return value;
  const known = intrinsic.parse(value);
  if ("Ref" in known) return world.ref(known.Ref);
  if ("Fn::GetAtt" in known) return world.attribute(...known["Fn::GetAtt"]);
  if ("Fn::Join" in known) {
    const [separator, parts] = known["Fn::Join"];
    return parts.map((part) => fill(part, world)).join(separator);
  }
  return known["Fn::Sub"].replaceAll(/\$\{([^}]+)\}/g, (_match, name: string) => {
    const [resourceName = "", ...attribute] = name.split(".");
    return attribute.length === 0
      ? world.ref(name)
      : world.attribute(resourceName, attribute.join("."));
  });
};

const variables = z.object({ Variables: z.record(z.string(), z.unknown()) });

/** The environment of a Lambda function of the template. */
export const functionEnvironmentOf = (
  properties: Resource["Properties"],
  world: World,
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(variables.parse(properties["Environment"]).Variables).map(([name, value]) => [
      name,
      textOf(value, world),
    ]),
  );

const getAtt = z.tuple([z.string(), z.string()]);

/** The resources that a value refers to by `Ref` or `Fn::GetAtt`, in any depth. */
export const referencesIn = (value: unknown): readonly string[] => {
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    if (key === "Ref") return [String(inner)];
    const attribute = getAtt.safeParse(inner);
    return key === "Fn::GetAtt" && attribute.success ? [attribute.data[0]] : referencesIn(inner);
  });
};

/** The function of each route of an API, by the route's key, such as `GET /health` or `$default`. */
export const routesOf = (
  from: Template,
  api: "HttpApi" | "WebsocketsApi",
): ReadonlyMap<string, string> => {
  const routes = ofType(from, "AWS::ApiGatewayV2::Route").filter(([, { ApiId }]) =>
    referencesIn(ApiId).includes(api),
  );
  return new Map(
    routes.map(([, { RouteKey, Target }]) => {
      const [integration = ""] = referencesIn(Target);
      const uri = from.Resources[integration]?.Properties["IntegrationUri"];
      const called = referencesIn(uri).find((name) => name.endsWith("LambdaFunction"));
      if (called === undefined) throw new Error(`${String(RouteKey)} calls no function`);
      return [String(RouteKey), called];
    }),
  );
};
