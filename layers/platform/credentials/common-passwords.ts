import list from "./common-passwords.json" with { type: "json" };

const COMMON: ReadonlySet<string> = new Set(list.passwords.map((text) => text.toLowerCase()));
const TRIMMINGS = /^[^\p{L}]{0,2}(.*?)[^\p{L}]{0,6}$/su;
const UNIT_CHARACTERS_MAX = 4;

/**
 * Returns whether a password is among the first that guessing programs try: a password of the
 * bundled list in upper or lower case, such a password repeated or with a few digits or signs
 * around it, or a few characters repeated.
 */
export const isCommonPassword = (password: string): boolean => {
  const text = password.toLowerCase();
  return [text, TRIMMINGS.exec(text)?.[1] ?? text].some((part) => {
    const unit = repeatedUnit(part);
    return COMMON.has(unit) || (unit !== part && unit.length <= UNIT_CHARACTERS_MAX);
  });
};

/** The shortest text of which this text is a repetition: `abc` for `abcabcabc`. */
const repeatedUnit = (text: string): string => {
  const length = `${text}${text}`.indexOf(text, 1);
  return text.slice(0, Math.max(length, 0));
};
