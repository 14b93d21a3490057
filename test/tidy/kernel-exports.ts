/** The kernel's door: only `assembly/index.ts` is an entry, and every function it exports has a caller on the host's side. */
import { type AstNode, isNode, nodesOf, type Problem, problemAt, type SourceFile } from "./source-file.ts";

/** Names that a file exports by declaration or by list. */
export function exportedNames(file: SourceFile): { name: string; start: number }[] {
  return nodesOf(file, "ExportNamedDeclaration").flatMap((node) => {
    const listed = (node.specifiers as AstNode[]).map((specifier) => specifier.exported as AstNode);
    const declaration = isNode(node.declaration) ? node.declaration : null;
    const declared = declaration === null ? [] : declaredNames(declaration);
    return [...listed, ...declared].map((name) => ({ name: name.name as string, start: node.start }));
  });
}

function declaredNames(declaration: AstNode): AstNode[] {
  if (declaration.type === "VariableDeclaration") {
    return (declaration.declarations as AstNode[]).map((declarator) => declarator.id as AstNode);
  }
  return isNode(declaration.id) ? [declaration.id] : [];
}

/** Exports of the kernel that no text of the host names. */
export function checkKernelExports(index: SourceFile, hostTexts: readonly string[]): readonly Problem[] {
  return exportedNames(index)
    .filter(({ name }) => !hostTexts.some((text) => new RegExp(`\\b${name}\\b`).test(text)))
    .map(({ name, start }) =>
      problemAt(index, start, `"${name}" is exported to a host that never calls it: remove it`),
    );
}
