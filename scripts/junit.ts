/**
 * Counts of a `bun test --reporter=junit` file: the attributes of its `<testsuites>` element, and which tests failed. Bun writes
 * the file at the end, so a missing or cut one means that the run did not get there.
 */

export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly failures: readonly string[];
  /** Files that ran at least one test or skipped it. */
  readonly files: readonly string[];
}

/** Null where the text is no complete report. */
export function readJunit(text: string): TestCounts | null {
  const root = /<testsuites\b([^>]*)>/.exec(text)?.[1];
  if (root === undefined || !text.trimEnd().endsWith("</testsuites>")) return null;
  const tests = attribute(root, "tests");
  const failed = attribute(root, "failures") + attribute(root, "errors");
  const skipped = attribute(root, "skipped");
  return { passed: tests - failed - skipped, failed, skipped, failures: failuresOf(text), files: filesOf(text) };
}

function attribute(element: string, name: string): number {
  const value = new RegExp(`\\b${name}="(\\d+)"`).exec(element)?.[1];
  return value === undefined ? 0 : Number(value);
}

/** `file > suite > test` of each test case that holds a `<failure>` or `<error>`. */
function failuresOf(text: string): string[] {
  const cases = text.matchAll(/<testcase\b([^>]*?)(\/>|>([\s\S]*?)<\/testcase>)/g);
  return [...cases].flatMap(([, attributes = "", , body = ""]) => {
    if (!/<(failure|error)\b/.test(body)) return [];
    const parts = ["file", "classname", "name"].map((name) => textAttribute(attributes, name));
    return [parts.filter((part) => part !== "").join(" > ")];
  });
}

function filesOf(text: string): string[] {
  const cases = text.matchAll(/<testcase\b([^>]*?)\/?>/g);
  return [...new Set([...cases].map(([, attributes = ""]) => textAttribute(attributes, "file")))];
}

function textAttribute(element: string, name: string): string {
  const value = new RegExp(`\\b${name}="([^"]*)"`).exec(element)?.[1] ?? "";
  return value
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&apos;", "'")
    .replaceAll("&amp;", "&");
}
