/** A rule that cannot fail holds nothing: each is shown what it must refuse and what it must let pass. */
import { describe, expect, test } from "bun:test";
import { checkFloatLiterals, checkHostImports, checkLocals, checkSyntax } from "./assembly-rules.ts";
import { checkExports, checkImportTable, checkSpecifiers } from "./import-rules.ts";
import { checkKernelExports } from "./kernel-exports.ts";
import { checkMemoryOwner, checkPurity } from "./purity-rules.ts";
import { rules } from "./rules.ts";
import {
  checkFileLength,
  checkFileName,
  checkFunctionLength,
  checkOpening,
  checkParameters,
  checkTestCalls,
  checkTypes,
} from "./shape-rules.ts";
import { parseSource, type Rule } from "./source-file.ts";
import { checkMessages } from "./word-rules.ts";

interface Case {
  readonly rule: Rule;
  readonly path: string;
  readonly refused: readonly string[];
  readonly accepted: readonly string[];
}

const lines = (count: number, text: string) => `${text}\n`.repeat(count);
/** Split so that this file does not silence a checker itself. */
const at = "@";

const cases: readonly Case[] = [
  {
    rule: checkImportTable,
    path: "src/sql/a.ts",
    refused: [
      'import { x } from "../plan/plan.ts";',
      'import type { X } from "../plan/plan.ts";',
      'export { x } from "../engine/job.ts";',
      'const x = await import("../server/app.ts");',
      'type X = import("../plan/plan.ts").X;',
      'import { x } from "../main.ts";',
    ],
    accepted: [
      'import { x } from "../core/error.ts";',
      'import { y } from "./tree.ts";',
      'import z from "chevrotain";',
    ],
  },
  {
    rule: checkImportTable,
    path: "src/connectors/file/a.ts",
    refused: ['import { x } from "../kafka/source.ts";', 'import { x } from "../../formats/csv.ts";'],
    accepted: ['import { x } from "../connector.ts";', 'import { x } from "./options.ts";'],
  },
  {
    rule: checkImportTable,
    path: "src/core/a.ts",
    refused: ['import "../sql/tree.ts";'],
    accepted: ['import "./b.ts";'],
  },
  {
    rule: checkImportTable,
    path: "src/kernel/a.ts",
    refused: ['import "../../assembly/index";', 'import "../plan/plan.ts";'],
    accepted: ['import "../../assembly/shared/layout.ts";'],
  },
  { rule: checkImportTable, path: "src/novel/a.ts", refused: ["export const a = 1;"], accepted: [] },
  { rule: checkImportTable, path: "src/main.ts", refused: [], accepted: ['import "./server/app.ts";'] },
  {
    rule: checkSpecifiers,
    path: "src/core/a.ts",
    refused: ['import "./b";', 'import "./b.js";'],
    accepted: ['import "./b.ts";', 'import data from "./b.json";', 'import "node:path";'],
  },
  { rule: checkSpecifiers, path: "assembly/a.ts", refused: ['import "./b.ts";'], accepted: ['import "./b";'] },
  {
    rule: checkExports,
    path: "src/core/a.ts",
    refused: ["export default 1;", 'export * from "./b.ts";', 'export * as b from "./b.ts";'],
    accepted: ["export const a = 1;", 'export { b } from "./b.ts";'],
  },
  {
    rule: checkPurity,
    path: "src/plan/a.ts",
    refused: [
      'import { readFileSync } from "node:fs";',
      'import { Database } from "bun:sqlite";',
      "const a = Date.now();",
      "const a = globalThis.Date.now();",
      "const a = new Date();",
      "const a = Math.random();",
      "const a = performance.now();",
      "setTimeout(f, 1);",
      "const a = process.env.HOME;",
      "const a = Bun.file(path);",
      'console.log("a");',
      'const a = await fetch("http://a");',
    ],
    accepted: [
      "const a = new Date(ms);",
      'import { join } from "node:path";',
      "const a = Bun.stringWidth(b);",
      "const a = Date.UTC(1);",
    ],
  },
  { rule: checkPurity, path: "src/engine/a.ts", refused: [], accepted: ["const a = Date.now();"] },
  {
    rule: checkMemoryOwner,
    path: "src/engine/a.ts",
    refused: [
      "const a = kernel.memory.buffer;",
      "new WebAssembly.Memory({ initial: 1 });",
      "this.memory.grow(1);",
      "class A { #memory; f() { return this.#memory.buffer; } }",
    ],
    accepted: ["const a = region.buffer();", "const a = bytes.buffer;", "const a = this.#memory.buffer();"],
  },
  { rule: checkMemoryOwner, path: "src/kernel/memory.ts", refused: [], accepted: ["const a = exports.memory.buffer;"] },
  {
    rule: checkFileLength,
    path: "src/core/a.ts",
    refused: [lines(401, "a();")],
    accepted: [lines(400, "a();")],
  },
  {
    rule: checkFunctionLength,
    path: "src/core/a.ts",
    refused: [
      `function a() {\n${lines(69, "b();")}}`,
      `const a = () => {\n${lines(69, "b();")}};`,
      `class A { b() {\n${lines(69, "c();")}} }`,
    ],
    accepted: [`function a() {\n${lines(68, "b();")}}`],
  },
  {
    rule: checkFunctionLength,
    path: "test/core/a.test.ts",
    refused: [`test("a", () => {\n${lines(69, "b();")}});`],
    accepted: [
      `describe("a", () => {\n${lines(100, '  test("b", c);')}});`,
      `suite("a", () => {\n${lines(100, '  test.skipIf(away)("b", c);')}});`,
    ],
  },
  {
    rule: checkParameters,
    path: "src/core/a.ts",
    refused: ["function f(a, b, c, d, e) {}", "const f = (a, b, c, d, ...e) => 1;", "class A { f(a, b, c, d, e) {} }"],
    accepted: ["function f(a, b, c, d) {}", "const f = ({ a, b, c, d, e }) => 1;"],
  },
  {
    rule: checkOpening,
    path: "src/core/a.ts",
    refused: [
      "export const a = 1;",
      "/** Short. */\nexport const a = 1;",
      "import a from 'b';\n/** A paragraph that comes too late to open the file. */",
    ],
    accepted: [
      "/** A paragraph that says what this file is about. */\nexport const a = 1;",
      "#!/usr/bin/env bun\n// A paragraph that says what this file is about.\nexport const a = 1;",
    ],
  },
  {
    rule: checkTypes,
    path: "src/core/a.ts",
    refused: [
      "const a: any = 1;",
      "const a = b as any;",
      "function a(b: any[]): void {}",
      `// ${at}ts-ignore\nconst a = 1;`,
      `// ${at}ts-expect-error: it is so\nconst a = 1;`,
      "// biome-ignore lint/a/b\nconst a = 1;",
    ],
    accepted: [
      "const any = 1;",
      'const a = "any";',
      "const a: unknown = 1;",
      "// biome-ignore lint/a/b: a real reason\nconst a = 1;",
    ],
  },
  {
    rule: checkTestCalls,
    path: "test/core/a.test.ts",
    refused: ['test.only("a", f);', 'test.skip("a", f);', 'describe.skip("a", f);', 'test.todo("a");'],
    accepted: ['test("a", f);', 'test.skipIf(noJava)("a", f);'],
  },
  {
    rule: checkMessages,
    path: "src/core/a.ts",
    refused: [
      'throw new EngineError("invalid option");',
      "throw new EngineError(`column has a Bad value`);",
      'throw new TypeError("unable to read");',
      'throw optionError(from, "it is illegal");',
      'throw new EngineError("Option is missing");',
    ],
    accepted: [
      'throw new EngineError("option \\"a\\" is missing");',
      "throw new EngineError(`SELECT wants a column`);",
      'const kind = "bad";',
      'throw new EngineError("badge is missing");',
      "throw new EngineError('option \"bad-row.policy\" is missing');",
      'throw new EngineError("a row is odd", { code: "BAD-ROW" });',
    ],
  },
  {
    rule: checkSyntax,
    path: "assembly/a.ts",
    refused: ["@inline\nfunction f(): i32 { return 1; }", "function ("],
    accepted: ["export function f(a: i32): i32 { return a; }", "let a: u32 = <u32>b;"],
  },
  {
    rule: checkLocals,
    path: "assembly/a.ts",
    refused: [
      "function f(): void { let a = 0; }",
      "function f(): void { for (let i = 0; i < 3; i++) g(i); }",
      "function f(): void { const a = b + 1; }",
      "function f(): void { let a = -1.5; }",
      "function f(): void { let a; }",
    ],
    accepted: [
      "const a = 1;",
      "function f(): void { let a: i32 = 0; }",
      "function f(): void { const a = load<u32>(b); }",
    ],
  },
  {
    rule: checkFloatLiterals,
    path: "assembly/a.ts",
    refused: ["const a: f64 = 1e0;", "const a: f64 = 25E-0;"],
    accepted: ["const a: f64 = 1.0;", "const a: f64 = 1.5e300;", "const a: f64 = 1e22;", "const a: u32 = 0x1e;"],
  },
  {
    rule: checkHostImports,
    path: "assembly/a.ts",
    refused: ["declare function log(a: i32): void;"],
    accepted: ["function log(a: i32): void {}"],
  },
];

for (const { rule, path, refused, accepted } of cases) {
  describe(`${rule.name} in ${path}`, () => {
    for (const text of refused) {
      test(`refuses ${label(text)}`, () => {
        const problems = rule(parseSource(path, text));
        expect(problems.length).toBeGreaterThan(0);
        expect(problems[0]?.path).toBe(path);
      });
    }
    for (const text of accepted) {
      test(`lets pass ${label(text)}`, () => {
        expect(rule(parseSource(path, text))).toEqual([]);
      });
    }
  });
}

test("refuses file names that are not in kebab-case", () => {
  const refused = ["src/core/fileSource.ts", "src/core/File.ts", "src/core/file_source.ts", "src/core/file-.ts"];
  for (const path of refused) expect([path, checkFileName(parseSource(path, "")).length]).toEqual([path, 1]);
  for (const path of ["src/a-b2.ts", "test/a.test.ts", "src/text.d.ts", "scripts/setup.mjs"]) {
    expect([path, checkFileName(parseSource(path, ""))]).toEqual([path, []]);
  }
});

test("refuses kernel exports that the host never calls", () => {
  const index = parseSource("assembly/index.ts", "export function used(): void {}\nexport { idle } from './a';");
  const problems = checkKernelExports(index, ["exports.used();"]);
  expect(problems.map(({ line, message }) => [line, message.slice(0, 6)])).toEqual([[2, '"idle"']]);
});

test("tells the line and what to do instead", () => {
  const [problem] = checkTypes(parseSource("src/core/a.ts", "\n\nconst a: any = 1;"));
  expect(problem).toEqual({ path: "src/core/a.ts", line: 3, message: "any: say the type, or unknown and narrow it" });
});

test("shows every rule what it must refuse", () => {
  const shown = new Set<Rule>([
    ...cases.filter(({ refused }) => refused.length > 0).map(({ rule }) => rule),
    checkFileName,
  ]);
  expect(rules.filter(({ check }) => !shown.has(check))).toEqual([]);
});

function label(text: string): string {
  const flat = text.replace(/\s+/g, " ").trim();
  return flat.length > 60 ? `${flat.slice(0, 60)}…` : flat;
}
