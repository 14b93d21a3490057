/**
 * "Did you mean" for SQL words: the nearest of a list by Damerau-Levenshtein distance (`core/nearest.ts`), with a cut-off
 * tight enough that a suggestion is a likely slip of the hand and never a guess.
 */
import { nearestName } from "../core/nearest.ts";

/**
 * The candidate that was probably meant, or null. Case does not count as a difference; ties go to the earlier candidate.
 * One or two characters match only themselves in another case, since every short word is near every other.
 */
export function nearest(word: string, candidates: Iterable<string>): string | null {
  const found = nearestName(word, candidates);
  if (found === null) return null;
  const short = Math.min(word.length, found.length) <= 2;
  return short && word.toLowerCase() !== found.toLowerCase() ? null : found;
}
