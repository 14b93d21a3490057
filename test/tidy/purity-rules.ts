/** Folders that do no I/O and read no clock: time, randomness and bytes come in as arguments, so that a run can be repeated. */
import { importsOf } from "./import-rules.ts";
import { type AstNode, dottedName, nodesOf, type Problem, problemAt, type SourceFile, walk } from "./source-file.ts";

const pureFolders: readonly string[] = ["core", "formats", "kernel", "emit", "watermark", "sql", "plan"];

/** Node's modules that only compute. */
const pureModules: readonly string[] = ["node:assert", "node:path", "node:util", "node:buffer"];

const impureCalls: readonly string[] = [
  "Date.now",
  "Math.random",
  "performance.now",
  "crypto.randomUUID",
  "crypto.getRandomValues",
  "fetch",
  "setTimeout",
  "setInterval",
  "require",
];
const impureObjects: readonly string[] = ["process", "console", "localStorage", "navigator"];
/** `Bun.x` that only computes. */
const pureBun: readonly string[] = ["Bun.stringWidth", "Bun.hash", "Bun.CryptoHasher", "Bun.deepEquals", "Bun.semver"];

export function checkPurity(file: SourceFile): readonly Problem[] {
  const folder = /^src\/([^/]+)\//.exec(file.path)?.[1];
  if (folder === undefined || !pureFolders.includes(folder)) return [];
  const why = `${folder} does no I/O and reads no clock: take it as an argument`;
  const modules = importsOf(file)
    .filter(({ specifier }) => isImpureModule(specifier))
    .map(({ specifier, start }) => problemAt(file, start, `"${specifier}": ${why}`));
  return [...modules, ...impureUses(file).map((use) => problemAt(file, use.start, `${use.name}: ${why}`))];
}

function isImpureModule(specifier: string): boolean {
  if (specifier === "bun" || specifier.startsWith("bun:")) return true;
  return specifier.startsWith("node:") && !pureModules.includes(specifier);
}

function impureUses(file: SourceFile): { name: string; start: number }[] {
  return nodesOf(file, "CallExpression", "NewExpression", "MemberExpression").flatMap((node: AstNode) => {
    const name = node.type === "MemberExpression" ? dottedName(node) : dottedName(node.callee as AstNode);
    if (name === null) return [];
    const { start } = node;
    if (node.type === "NewExpression") {
      const now = name === "Date" && (node.arguments as unknown[]).length === 0;
      return now ? [{ name: "new Date()", start }] : [];
    }
    const plain = name.replace(/^globalThis\./, "");
    if (node.type === "CallExpression") {
      const now = plain === "Date";
      return impureCalls.includes(plain) || now ? [{ name: `${plain}()`, start }] : [];
    }
    const [object = ""] = plain.split(".");
    if (object === "Bun") return pureBun.includes(plain) ? [] : [{ name: plain, start }];
    return impureObjects.includes(object) ? [{ name: plain, start }] : [];
  });
}

/** WASM memory has one owner on the host's side. */
export function checkMemoryOwner(file: SourceFile): readonly Problem[] {
  if (!file.path.startsWith("src/") || file.path === "src/kernel/memory.ts") return [];
  const problems: Problem[] = [];
  walk(file.program, (node, ancestors) => {
    if (node.type !== "MemberExpression") return;
    const name = dottedName(node) ?? "";
    // `memory.buffer()` is a method of KernelMemory; the property is the bytes themselves.
    const called = ancestors.at(-1)?.type === "CallExpression" && ancestors.at(-1)?.callee === node;
    const raw = /(^|\.)memory\.buffer$/.test(name) && !called;
    if (name !== "WebAssembly.Memory" && !/(^|\.)memory\.grow$/.test(name) && !raw) return;
    problems.push(problemAt(file, node.start, `${name}: only src/kernel/memory.ts touches WASM memory; go through it`));
  });
  return problems;
}
