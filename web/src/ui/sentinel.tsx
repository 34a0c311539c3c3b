import { useEffect, useRef } from "preact/hooks";
import { texts } from "../texts.ts";
import type { Action } from "./action.ts";
import { Button } from "./form.tsx";
import { Failure } from "./parts.tsx";

type Pages = { readonly hasMore: boolean; readonly more: Action<[]> };

/** Loads the next page when the end of the list comes into view; the button does it without scrolling. */
export const MoreOf = ({ pages }: { readonly pages: Pages }) => {
  const end = useRef<HTMLDivElement>(null);
  const { hasMore, more } = pages;
  useEffect(() => {
    if (end.current === null || !hasMore || more.error !== undefined) return;
    const observer = new IntersectionObserver((entries) => {
      if (entries.some(({ isIntersecting }) => isIntersecting)) more.run();
    });
    observer.observe(end.current);
    return () => observer.disconnect();
  });
  return (
    <div ref={end}>
      <Failure>{more.error}</Failure>
      {hasMore && (
        <Button pending={more.pending} onClick={() => more.run()}>
          {texts.common.more}
        </Button>
      )}
    </div>
  );
};
