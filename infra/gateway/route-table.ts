import type { KongFile, Plugin, PluginConfig, PluginName, Service } from "./kong-file.ts";

/** A route with the plugins that apply to it. */
export type Route = {
  readonly name: string;
  readonly service: Service;
  /**
   * The plugin's configuration that applies: the route's, else its service's, else the global one.
   */
  readonly plugin: <Name extends PluginName>(name: Name) => PluginConfig<Name> | undefined;
};

/** Finds the route of a path: the longest prefix wins, as in Kong. */
export type RouteTable = (path: string) => Route | undefined;

type Named = { readonly [Name in PluginName]?: PluginConfig<Name> };

const byName = (plugins: readonly Plugin[]): Named =>
  Object.fromEntries(plugins.map(({ name, config }) => [name, config]));

/** The configuration of a plugin that applies to every route. */
export const globalPlugin = <Name extends PluginName>(
  { plugins }: KongFile,
  name: Name,
): PluginConfig<Name> | undefined => byName(plugins)[name];

/** Builds the table of all paths of the file; the most specific plugin of a name wins. */
export const createRouteTable = (file: KongFile): RouteTable => {
  const entries = file.services.flatMap((service) =>
    service.routes.flatMap(({ name, paths, plugins }) => {
      const inForce: Named = {
        ...byName(file.plugins),
        ...byName(service.plugins),
        ...byName(plugins),
      };
      const route: Route = { name, service, plugin: (wanted) => inForce[wanted] };
      return paths.map((prefix) => ({ prefix, route }));
    }),
  );
  entries.sort((left, right) => right.prefix.length - left.prefix.length);
  return (path) => entries.find(({ prefix }) => path.startsWith(prefix))?.route;
};
