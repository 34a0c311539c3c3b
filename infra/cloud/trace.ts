import { SourceMap } from "node:module";
import { text } from "node:stream/consumers";
import { bundleWithMap } from "./bundle.ts";

// `npm run --silent cloud:trace -- placeOrder <trace.txt`: prints a stack trace of a packaged function or
// task with the lines of the sources. Run it on the commit that was deployed.

const PLACE = /(?:file:\/\/)?\/[\w/-]+\.mjs:(\d+):(\d+)/g;

const withSources = (trace: string, map: SourceMap): string =>
  trace.replaceAll(PLACE, (place, line: string, column: string) => {
    const origin = map.findOrigin(Number(line), Number(column));
    return "fileName" in origin
      ? `${origin.fileName}:${origin.lineNumber}:${origin.columnNumber}`
      : place;
  });

const [name = ""] = process.argv.slice(2);
const { map } = await bundleWithMap(name);
process.stdout.write(withSources(await text(process.stdin), new SourceMap(map)));
