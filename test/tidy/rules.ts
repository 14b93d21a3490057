/** Every rule by the sentence it holds. */
import { checkFloatLiterals, checkHostImports, checkLocals, checkSyntax } from "./assembly-rules.ts";
import { checkExports, checkImportTable, checkSpecifiers } from "./import-rules.ts";
import { checkMemoryOwner, checkPurity } from "./purity-rules.ts";
import {
  checkFileLength,
  checkFileName,
  checkFunctionLength,
  checkOpening,
  checkParameters,
  checkTestCalls,
  checkTypes,
} from "./shape-rules.ts";
import type { Rule } from "./source-file.ts";
import { checkMessages } from "./word-rules.ts";

export interface NamedRule {
  readonly name: string;
  readonly check: Rule;
}

export const rules: readonly NamedRule[] = [
  { name: "parses, without decorators in assembly/", check: checkSyntax },
  { name: "imports along the table only, and no connector another", check: checkImportTable },
  { name: "names imported files with their ending, in assembly/ without", check: checkSpecifiers },
  { name: "exports by name", check: checkExports },
  { name: "keeps I/O and clocks out of pure folders", check: checkPurity },
  { name: "leaves WASM memory to kernel/memory.ts", check: checkMemoryOwner },
  { name: "names files in kebab-case", check: checkFileName },
  { name: "keeps files short", check: checkFileLength },
  { name: "keeps functions short", check: checkFunctionLength },
  { name: "keeps parameters few", check: checkParameters },
  { name: "opens every file with a paragraph", check: checkOpening },
  { name: "silences no checker and knows no any", check: checkTypes },
  { name: "runs every test", check: checkTestCalls },
  { name: "says what is wrong without blame, in lower case", check: checkMessages },
  { name: "annotates numeric locals of the kernel", check: checkLocals },
  { name: "writes floats of the kernel with a point", check: checkFloatLiterals },
  { name: "imports no function into the kernel", check: checkHostImports },
];
