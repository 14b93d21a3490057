/**
 * Text that is safe to show in a terminal: control characters, which can move the cursor, retitle the window or hide text, and
 * marks that reorder what is read, come out as `\n`, `\t` or `\u001b`.
 */

// Controls (C0, DEL, C1), line and paragraph separators, bidirectional marks, lone surrogates.
const UNSAFE = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]|\p{Cs}/gu;
const named = new Map([
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
]);

export function safeText(text: string): string {
  return text.replace(UNSAFE, (unsafe) => {
    return named.get(unsafe) ?? `\\u${(unsafe.codePointAt(0) as number).toString(16).padStart(4, "0")}`;
  });
}
