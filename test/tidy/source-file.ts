/**
 * A source file and its syntax tree, and the one way rules walk it. The parser is oxc: TypeScript 7 has no JavaScript API.
 * AssemblyScript without decorators is TypeScript to it; a decorator on a function is a syntax error and reported as such.
 */
import { parseSync } from "oxc-parser";

export interface SourceFile {
  /** From the root of the repository, with `/`. */
  readonly path: string;
  readonly text: string;
  readonly program: AstNode;
  readonly comments: readonly { readonly value: string; readonly start: number; readonly end: number }[];
  /** Null where the file parses. */
  readonly syntaxError: string | null;
}

/** ESTree with TypeScript nodes. */
export interface AstNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

/** What a rule found, and what to do instead. */
export interface Problem {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  readonly message: string;
}

export type Rule = (file: SourceFile) => readonly Problem[];

export function parseSource(path: string, text: string): SourceFile {
  const { program, comments, errors } = parseSync(path, text, { lang: "ts", sourceType: "module" });
  return {
    path,
    text,
    program: program as unknown as AstNode,
    comments,
    syntaxError: errors[0]?.message ?? null,
  };
}

export function isNode(value: unknown): value is AstNode {
  return typeof value === "object" && value !== null && typeof (value as AstNode).type === "string";
}

/** Visits every node, parents first. `ancestors` holds the way down, nearest last. */
export function walk(root: AstNode, visit: (node: AstNode, ancestors: readonly AstNode[]) => void): void {
  const ancestors: AstNode[] = [];
  const descend = (node: AstNode): void => {
    visit(node, ancestors);
    ancestors.push(node);
    for (const child of childrenOf(node)) descend(child);
    ancestors.pop();
  };
  descend(root);
}

function childrenOf(node: AstNode): AstNode[] {
  return Object.values(node).flatMap((value) => {
    if (Array.isArray(value)) return value.filter(isNode);
    return isNode(value) ? [value] : [];
  });
}

/** Nodes of these types, in order of the text. */
export function nodesOf(file: SourceFile, ...types: readonly string[]): AstNode[] {
  const found: AstNode[] = [];
  walk(file.program, (node) => {
    if (types.includes(node.type)) found.push(node);
  });
  return found;
}

export function lineOf(file: SourceFile, offset: number): number {
  return file.text.slice(0, offset).split("\n").length;
}

export function problemAt(file: SourceFile, offset: number, message: string): Problem {
  return { path: file.path, line: lineOf(file, offset), message };
}

/** `a.b.c` for plain member chains, private names without their `#`; else null. */
export function dottedName(node: AstNode): string | null {
  if (node.type === "Identifier") return node.name as string;
  if (node.type === "ThisExpression") return "this";
  if (node.type !== "MemberExpression" || node.computed === true) return null;
  const object = dottedName(node.object as AstNode);
  return object === null ? null : `${object}.${(node.property as AstNode).name as string}`;
}

/** Every function-like node that has a body. */
export function functionsOf(file: SourceFile): AstNode[] {
  return nodesOf(file, "FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression").filter((node) =>
    isNode(node.body),
  );
}
