/** The path of a request line, for routing, and its query in the original encoding. */
export type RequestTarget = { readonly path: string; readonly query: string };

const ABSOLUTE_FORM = /^https?:\/\/[^/?#]*/i;

/**
 * Reads the target of a request line (RFC 9112, section 3.2) without decoding it: the origin form
 * (`/path?query`) and the absolute form (`http://host/path?query`). Never throws: any other target,
 * such as `*`, is returned as a path that no route has.
 */
export const parseRequestTarget = (target: string | undefined): RequestTarget => {
  const [beforeFragment = ""] = (target ?? "").replace(ABSOLUTE_FORM, "").split("#", 1);
  const end = beforeFragment.indexOf("?");
  const path = end < 0 ? beforeFragment : beforeFragment.slice(0, end);
  const isEmptyAbsolute = path === "" && ABSOLUTE_FORM.test(target ?? "");
  return {
    path: isEmptyAbsolute ? "/" : path,
    query: end < 0 ? "" : beforeFragment.slice(end + 1),
  };
};
