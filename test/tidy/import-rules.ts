/** Who may import whom: the folders of `src/` flow one way, and this table is the flow. */
import { posix } from "node:path";
import { type AstNode, isNode, nodesOf, type Problem, problemAt, type SourceFile } from "./source-file.ts";

/** Folder of `src/` to the folders it may import besides itself. `src/README.md` tells the reasons. */
const allowedImports: ReadonlyMap<string, readonly string[]> = new Map([
  ["core", []],
  ["storage", ["core"]],
  ["metrics", ["core"]],
  ["config", ["core"]],
  ["watermark", ["core"]],
  ["sql", ["core"]],
  ["formats", ["core"]],
  ["kernel", ["core", "assembly/shared"]],
  ["connectors", ["core", "storage", "metrics"]],
  ["emit", ["core", "kernel"]],
  ["views", ["core", "kernel"]],
  ["plan", ["core", "sql"]],
  ["dataframe", ["core", "plan"]],
  ["checkpoint", ["core", "storage"]],
  [
    "engine",
    [
      ...[
        "core",
        "storage",
        "metrics",
        "config",
        "watermark",
        "sql",
        "formats",
        "kernel",
        "connectors",
        "emit",
        "views",
      ],
      ...["plan", "dataframe", "checkpoint", "assembly/shared"],
    ],
  ],
  ["server", ["core", "engine", "plan", "views", "metrics", "config"]],
  ["cli", ["core", "config", "engine", "plan", "checkpoint", "server"]],
]);

/** Files that join the parts. */
const mayImportAnything: readonly string[] = ["src/index.ts", "src/main.ts"];

export interface ImportSite {
  readonly specifier: string;
  readonly start: number;
}

/** Static, dynamic and type imports, and re-exports. */
export function importsOf(file: SourceFile): ImportSite[] {
  const nodes = nodesOf(
    file,
    "ImportDeclaration",
    "ExportNamedDeclaration",
    "ExportAllDeclaration",
    "ImportExpression",
    "TSImportType",
  );
  return nodes.flatMap((node) => {
    const source = isNode(node.source) ? node.source : null;
    return source !== null && typeof source.value === "string" ? [{ specifier: source.value, start: node.start }] : [];
  });
}

export function checkImportTable(file: SourceFile): readonly Problem[] {
  if (!file.path.startsWith("src/") || mayImportAnything.includes(file.path) || isDeclaration(file)) return [];
  const from = areaOf(file.path);
  const allowed = allowedImports.get(from);
  if (allowed === undefined) {
    return [
      problemAt(file, 0, `folder "src/${from}" is not in the import table of test/tidy/import-rules.ts: add a row`),
    ];
  }
  return importsOf(file).flatMap(({ specifier, start }) => {
    const target = targetOf(file.path, specifier);
    if (target === null) return [];
    const to = areaOf(target);
    if (to === from || allowed.includes(to)) return connectorProblem(file, target, start);
    const may = allowed.length === 0 ? "nothing" : `only ${allowed.join(", ")}`;
    return [
      problemAt(
        file,
        start,
        `${from} may import ${may}: hand what you need of "${specifier}" in as an argument, or move it`,
      ),
    ];
  });
}

/** Declares how text files are imported, which is by default. */
function isDeclaration({ path }: SourceFile): boolean {
  return path.endsWith(".d.ts");
}

/** Connectors share `connectors/*.ts` and never each other's folders. */
function connectorProblem(file: SourceFile, target: string, start: number): Problem[] {
  const [mine, theirs] = [file.path, target].map((path) => /^src\/connectors\/([^/]+)\//.exec(path)?.[1] ?? null);
  if (mine == null || theirs == null || mine === theirs) return [];
  return [
    problemAt(file, start, `connector ${mine} imports connector ${theirs}: move what they share to src/connectors/`),
  ];
}

/** Path from the root for relative imports; null for packages. */
function targetOf(path: string, specifier: string): string | null {
  return specifier.startsWith(".") ? posix.normalize(posix.join(posix.dirname(path), specifier)) : null;
}

/** `src/core/x.ts` → `core`; `assembly/shared/x` → `assembly/shared`; others → their first folder. */
function areaOf(path: string): string {
  const parts = path.split("/");
  if (parts[0] === "src") return parts.length > 2 ? (parts[1] as string) : ".";
  if (parts[0] === "assembly" && parts[1] === "shared") return "assembly/shared";
  return parts[0] as string;
}

/** Relative imports name the file with its ending, except in assembly/, where asc adds it. */
export function checkSpecifiers(file: SourceFile): readonly Problem[] {
  const inAssembly = file.path.startsWith("assembly/");
  return importsOf(file).flatMap(({ specifier, start }) => {
    if (!specifier.startsWith(".")) return [];
    const hasEnding = /\.(ts|mjs|json|sql|html|css|c|so|wasm|svg)$/.test(specifier);
    if (hasEnding !== inAssembly) return [];
    const instead = inAssembly ? "without its ending" : `with its ending, "${specifier}.ts"`;
    return [problemAt(file, start, `import "${specifier}" ${instead}`)];
  });
}

/** Named exports only, no `export *`. */
export function checkExports(file: SourceFile): readonly Problem[] {
  if (isDeclaration(file)) return [];
  const problems = nodesOf(file, "ExportDefaultDeclaration", "TSExportAssignment").map((node: AstNode) =>
    problemAt(file, node.start, "export it by name: default exports have as many names as importers"),
  );
  const stars = nodesOf(file, "ExportAllDeclaration").map((node) =>
    problemAt(file, node.start, "name what is exported instead of export *"),
  );
  return [...problems, ...stars];
}
