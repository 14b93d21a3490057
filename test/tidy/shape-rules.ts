/** Names, lengths and openings of files and functions. */
import {
  type AstNode,
  functionsOf,
  isNode,
  lineOf,
  nodesOf,
  type Problem,
  problemAt,
  type SourceFile,
} from "./source-file.ts";

const FILE_LINES = 400;
const FUNCTION_LINES = 70;
const PARAMETERS = 4;
/** An opening says what the file is and what it promises: that takes more than a few words. */
const OPENING_CHARACTERS = 30;

export function checkFileName({ path }: SourceFile): readonly Problem[] {
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (/^[a-z0-9]+(-[a-z0-9]+)*(\.(test|d|bench))?\.(ts|mjs)$/.test(name)) return [];
  return [{ path, line: 1, message: `file names are kebab-case: "${name}"` }];
}

export function checkFileLength(file: SourceFile): readonly Problem[] {
  const lines = file.text.trimEnd().split("\n").length;
  if (lines <= FILE_LINES) return [];
  return [problemAt(file, 0, `${lines} lines, ${FILE_LINES} at most: split it by what its parts promise`)];
}

export function checkFunctionLength(file: SourceFile): readonly Problem[] {
  return functionsOf(file).flatMap((node) => {
    const lines = lineOf(file, node.end) - lineOf(file, node.start) + 1;
    if (lines <= FUNCTION_LINES || isSuite(file, node)) return [];
    return [
      problemAt(file, node.start, `a function of ${lines} lines, ${FUNCTION_LINES} at most: give its steps names`),
    ];
  });
}

/** A function that holds tests is a list of them, not a function to read. */
function isSuite(file: SourceFile, node: AstNode): boolean {
  const text = file.text.slice(node.start, node.end);
  return file.path.endsWith(".test.ts") && /^\s+(test|it)(\.\w+\([^\n]*\))?\(/m.test(text);
}

export function checkParameters(file: SourceFile): readonly Problem[] {
  if (!file.path.startsWith("src/")) return [];
  return functionsOf(file).flatMap((node) => {
    const count = (node.params as unknown[]).length;
    if (count <= PARAMETERS) return [];
    return [
      problemAt(file, node.start, `${count} positional parameters, ${PARAMETERS} at most: take an options object`),
    ];
  });
}

/** Every file opens with a paragraph; generated and pure re-export files are no exception. */
export function checkOpening(file: SourceFile): readonly Problem[] {
  const text = file.text.replace(/^#![^\n]*\n/, "");
  const opening = /^\/\*\*[\s\S]*?\*\/|^(\/\/[^\n]*\n)+/.exec(text)?.[0] ?? "";
  const needed = file.path.endsWith(".test.ts") ? 0 : OPENING_CHARACTERS;
  if (opening.replace(/[\s*/]+/g, " ").trim().length >= needed) return [];
  return [problemAt(file, 0, "begin the file with a paragraph: what it is and what it promises")];
}

export function checkTypes(file: SourceFile): readonly Problem[] {
  const anys = nodesOf(file, "TSAnyKeyword").map((node) =>
    problemAt(file, node.start, "any: say the type, or unknown and narrow it"),
  );
  const silenced = file.comments
    .filter(({ value }) => /@ts-(ignore|nocheck|expect-error)|biome-ignore-all|eslint-disable/.test(value))
    .map(({ start }) => problemAt(file, start, "a silenced checker: mend what it complains about"));
  const unexplained = file.comments
    .filter(
      ({ value }) => /biome-ignore\b/.test(value) && !/biome-ignore\s+[^\s:]+(\([^)]*\))?:\s*\S+\s+\S/.test(value),
    )
    .map(({ start }) => problemAt(file, start, "biome-ignore without its reason"));
  return [...anys, ...silenced, ...unexplained];
}

/** Tests that do not run must say why where they run; `.only` never leaves the desk. */
export function checkTestCalls(file: SourceFile): readonly Problem[] {
  if (!file.path.endsWith(".test.ts")) return [];
  return nodesOf(file, "CallExpression").flatMap((node) => {
    const callee = node.callee as AstNode;
    const name = calleeText(file, callee);
    const banned = /^(test|it|describe)\.(only|todo|skip|failing)$/.test(name);
    const instead = "a test runs, or prints why not and stands in the line about what was left out";
    return banned ? [problemAt(file, node.start, `${name}: ${instead}`)] : [];
  });
}

function calleeText(file: SourceFile, callee: AstNode): string {
  return isNode(callee) ? file.text.slice(callee.start, callee.end) : "";
}
