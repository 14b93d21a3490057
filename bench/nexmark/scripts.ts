/** Nexmark's scripts: the tables and views, and a query as it was published. */
import { readFileSync } from "node:fs";

const folder = new URL("./", import.meta.url);

/** q6 is not among Flink's; q23 on are not Nexmark's. */
export const queryNames: readonly string[] = [
  0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22,
].map((number) => `q${number}`);

/** `path`: of the file with the events. Placeholders of queries are filled with folders below `output`. */
export function scriptOf(query: string, { path, output }: { readonly path: string; readonly output: string }): string {
  const tables = readFileSync(new URL("tables.sql", folder), "utf8").replace(/\$\{PATH\}/g, () => path);
  const text = readFileSync(new URL(`queries/${query}.sql`, folder), "utf8");
  return `${tables}\n${text.replaceAll(/\$\{[A-Z_]+\}/g, output)}`;
}
