/** When the rows of a window leave, as people write it: `on-close`, `on-update`, `every 10 s`. */
import { parseDuration } from "./duration.ts";

/** How often rows of open windows leave, in ms: 0 = as they change, null = never; undefined for what says nothing of it. */
export function parseEmission(text: string): number | null | undefined {
  const word = text.trim().toLowerCase();
  if (word === "on-close") return null;
  if (word === "on-update") return 0;
  if (!word.startsWith("every ")) return undefined;
  const ms = parseDuration(word.slice("every ".length));
  return ms === null || ms === 0 ? undefined : ms;
}
