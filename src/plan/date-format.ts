/**
 * Letters of a DateTimeFormatter pattern, so that a wrong one is told where it is written. What width a letter takes is the
 * engine's word (`engine/expression/date-pattern.ts`); a test holds the two lists together.
 */

export const datePatternLetters = "uyMLQdDEaHkhKmsS";

/** The first letter that has no meaning here and what to write, or null. A '%' is only text, as in Java. */
export function datePatternFault(pattern: string): { readonly letter: string; readonly hint: string } | null {
  const bare = pattern.replace(/'[^']*'/g, "");
  for (const [letter] of bare.matchAll(/[A-Za-z]/g)) {
    if (datePatternLetters.includes(letter)) continue;
    if (bare.includes("%")) return { letter, hint: "write it as Java does: yyyy-MM-dd HH:mm:ss" };
    if (letter === "Y") return { letter, hint: "the year is yyyy" };
    return { letter, hint: `letters are ${[...datePatternLetters].join(" ")}; text stands in ''…''` };
  }
  return null;
}
