/**
 * LIKE patterns, sorted by how they can be matched: `abc` is equality, `abc%` a prefix, `%abc` a suffix, `%abc%` a
 * search; the rest is matched item by item. Escapes are resolved here, so the kernel sees plain bytes and two wildcards.
 */
import { LIKE_ANY, LIKE_ONE } from "../../../assembly/shared/opcode.ts";

export type LikePlan =
  | { readonly kind: "equals" | "prefix" | "suffix" | "contains"; readonly text: string }
  /** Bytes of UTF-8 with LIKE_ANY and LIKE_ONE, which UTF-8 never holds. */
  | { readonly kind: "pattern"; readonly bytes: Uint8Array };

type Item = "any" | "one" | { readonly text: string };

/** Null: the escape character stands before something it does not escape. `escaping` is one character, or null for none. */
export function planLike(pattern: string, escaping: string | null): LikePlan | null {
  const items = readItems(pattern, escaping);
  if (items === null) return null;
  const [first, second, third] = items;
  if (items.length === 0) return { kind: "equals", text: "" };
  if (items.length === 1) {
    if (first === "any") return { kind: "prefix", text: "" };
    if (typeof first === "object") return { kind: "equals", text: first.text };
  }
  if (items.length === 2) {
    if (typeof first === "object" && second === "any") return { kind: "prefix", text: first.text };
    if (first === "any" && typeof second === "object") return { kind: "suffix", text: second.text };
  }
  if (items.length === 3 && first === "any" && typeof second === "object" && third === "any") {
    return { kind: "contains", text: second.text };
  }
  return { kind: "pattern", bytes: encodeItems(items) };
}

function readItems(pattern: string, escaping: string | null): Item[] | null {
  const items: Item[] = [];
  let text = "";
  const flush = (): void => {
    if (text !== "") items.push({ text });
    text = "";
  };
  const characters = [...pattern];
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i] as string;
    if (character === escaping) {
      const escaped = characters[++i];
      if (escaped !== "%" && escaped !== "_" && escaped !== escaping) return null;
      text += escaped;
    } else if (character === "%") {
      flush();
      if (items.at(-1) !== "any") items.push("any");
    } else if (character === "_") {
      flush();
      items.push("one");
    } else {
      text += character;
    }
  }
  flush();
  return items;
}

function encodeItems(items: readonly Item[]): Uint8Array {
  const encoder = new TextEncoder();
  const bytes = items.flatMap((item) => {
    if (item === "any") return [LIKE_ANY];
    return item === "one" ? [LIKE_ONE] : [...encoder.encode(item.text)];
  });
  return Uint8Array.from(bytes);
}
