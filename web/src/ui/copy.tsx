import { announce } from "../state/announcements.ts";
import { texts } from "../texts.ts";
import { useAction } from "./action.ts";
import { Button } from "./form.tsx";

type Props = { readonly what: string; readonly text: string };

/** Copies a text to the clipboard. Browsers offer a clipboard only over HTTPS and on this machine. */
export const Copy = ({ what, text }: Props) => {
  const copy = useAction(async () => {
    await navigator.clipboard.writeText(text).then(
      () => announce(texts.common.copied(what), "good"),
      () => announce(texts.common.notCopied, "bad"),
    );
  });
  if (navigator.clipboard === undefined) return null;
  return (
    <Button label={texts.common.copyNamed(what)} onClick={() => copy.run()}>
      {texts.common.copy}
    </Button>
  );
};
