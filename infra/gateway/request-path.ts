/** The path that a request is routed by, and the target that the service receives. */
export type Target = { readonly path: string; readonly pathAndQuery: string };

const UNRESERVED = /^[\w.~-]$/;

/**
 * Normalises a request target as Kong does: unreserved characters are decoded, dot segments are
 * resolved and duplicate slashes merged; the query is passed on unchanged. Returns undefined for a
 * target that is not a path, has an invalid percent-encoding, or goes above the root.
 */
export const normaliseTarget = (requestTarget: string): Target | undefined => {
  const target = requestTarget.replace(/^https?:\/\/[^/?#]*/i, "").replace(/#.*$/s, "");
  const [, rawPath = "", query = ""] = /^([^?]*)(\?.*)?$/s.exec(target) ?? [];
  if (!rawPath.startsWith("/") || /%(?![\da-f]{2})/i.test(rawPath)) return undefined;
  const path = resolveDots(rawPath.replaceAll(/%[\da-f]{2}/gi, decodeUnreserved));
  return path === undefined ? undefined : { path, pathAndQuery: path + query };
};

const decodeUnreserved = (encoded: string): string => {
  const character = String.fromCharCode(Number.parseInt(encoded.slice(1), 16));
  return UNRESERVED.test(character) ? character : encoded.toUpperCase();
};

const resolveDots = (path: string): string | undefined => {
  const segments: string[] = [];
  const parts = path.split("/").slice(1);
  for (const part of parts)
    if (part === "..") {
      if (segments.pop() === undefined) return undefined;
    } else if (part !== "." && part !== "") segments.push(part);
  const last = parts.at(-1);
  const isFolder = last === "" || last === "." || last === "..";
  return `/${segments.join("/")}${isFolder && segments.length > 0 ? "/" : ""}`;
};
