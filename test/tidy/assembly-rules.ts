/** Rules of the kernel's sources: what asc cannot say, or says too late. */
import { type AstNode, nodesOf, type Problem, problemAt, type SourceFile, walk } from "./source-file.ts";

function inAssembly(file: SourceFile): boolean {
  return file.path.startsWith("assembly/");
}

/** Biome and the parser here refuse decorators on functions and constants; asc -O3 inlines without them. */
export function checkSyntax(file: SourceFile): readonly Problem[] {
  if (file.syntaxError === null) return [];
  const decorator = inAssembly(file) && /^\s*@\w+/m.test(file.text);
  const hint = decorator
    ? "no decorators on functions or constants in assembly/: asc -O3 inlines without them"
    : file.syntaxError;
  return [problemAt(file, 0, `does not parse: ${hint}`)];
}

/** asc infers i32 from `0` and f64 from `1.5`: a local without its type is a width nobody chose. */
export function checkLocals(file: SourceFile): readonly Problem[] {
  if (!inAssembly(file)) return [];
  const problems: Problem[] = [];
  walk(file.program, (node, ancestors) => {
    if (node.type !== "VariableDeclarator") return;
    const local = ancestors.some(({ type }) => /Function/.test(type));
    const name = node.id as AstNode;
    if (!local || name.typeAnnotation != null || !isNumeric(node.init as AstNode | null)) return;
    problems.push(problemAt(file, node.start, `annotate "${name.name as string}": every numeric local has its type`));
  });
  return problems;
}

/** Literals, and arithmetic over anything: calls and casts name their type themselves. */
function isNumeric(init: AstNode | null): boolean {
  if (init === null) return true;
  if (init.type === "UnaryExpression") return isNumeric(init.argument as AstNode);
  if (init.type === "BinaryExpression") return /^([-+*/%&|^]|<<|>>|>>>)$/.test(init.operator as string);
  return init.type === "Literal" && typeof init.value === "number";
}

/** Formatters drop an exponent of zero: 1e0 becomes 1, which asc reads as an integer. */
export function checkFloatLiterals(file: SourceFile): readonly Problem[] {
  if (!inAssembly(file)) return [];
  return nodesOf(file, "Literal").flatMap((node) => {
    const raw = typeof node.raw === "string" ? node.raw : "";
    if (typeof node.value !== "number" || !/^\d[\d_]*e[+-]?0+$/i.test(raw)) return [];
    return [problemAt(file, node.start, `write the float ${raw} with its point, as 1.0`)];
  });
}

/**
 * The kernel imports memory, and a clock to measure by that any host can give or leave at 0: a kernel of another release can
 * always be started.
 */
export function checkHostImports(file: SourceFile): readonly Problem[] {
  if (!inAssembly(file)) return [];
  return nodesOf(file, "FunctionDeclaration", "TSDeclareFunction")
    .filter((node) => node.declare === true && file.path !== "assembly/measure.ts")
    .map((node) =>
      problemAt(file, node.start, "the kernel imports memory and a clock only: take what you need as an argument"),
    );
}
