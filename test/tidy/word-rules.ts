/** Words of error messages: lower case, without words that blame or say nothing. */
import { type AstNode, dottedName, isNode, type Problem, problemAt, type SourceFile, walk } from "./source-file.ts";

const bannedWords: ReadonlyMap<string, string> = new Map([
  ["invalid", "say what was found and what is wanted"],
  ["bad", "say what is wrong with it"],
  ["unable to", "say what did not happen and why"],
  ["illegal", "say what was found and what is wanted"],
  ["oops", "say what happened"],
]);

/** Texts handed to the constructor of an error, or to a function whose name ends in Error. */
export function checkMessages(file: SourceFile): readonly Problem[] {
  if (!file.path.startsWith("src/")) return [];
  const problems: Problem[] = [];
  walk(file.program, (node) => {
    if (!makesError(node)) return;
    const messages = (node.arguments as AstNode[]).filter(({ type }) => type !== "ObjectExpression");
    const texts = messages.flatMap(textsOf);
    for (const { start, value } of texts) problems.push(...wordProblems(file, start, value));
    const opening = texts[0];
    const opens = opening !== undefined && messages.some(({ start }) => opening.start <= start + 1);
    if (opens && /^[A-Z][a-z]/.test(opening.value)) {
      problems.push(problemAt(file, opening.start, `messages begin in lower case: "${opening.value.slice(0, 30)}"`));
    }
  });
  return problems;
}

function makesError(node: AstNode): boolean {
  if (node.type !== "NewExpression" && node.type !== "CallExpression") return false;
  const name = dottedName(node.callee as AstNode);
  return name !== null && /Error$/.test(name);
}

function wordProblems(file: SourceFile, start: number, text: string): Problem[] {
  return [...bannedWords].flatMap(([word, instead]) => {
    // `bad-row.policy` is a name, not a judgement.
    const found = new RegExp(`\\b${word}\\b(?![-.])`, "i").test(text);
    return found ? [problemAt(file, start, `"${word}" in an error message: ${instead}`)] : [];
  });
}

/** String and template texts below a node, in order. */
function textsOf(root: AstNode): { value: string; start: number }[] {
  const texts: { value: string; start: number }[] = [];
  walk(root, (node) => {
    if (node.type === "Literal" && typeof node.value === "string") texts.push({ value: node.value, start: node.start });
    if (node.type !== "TemplateElement" || !isTemplateValue(node.value)) return;
    texts.push({ value: node.value.cooked ?? "", start: node.start });
  });
  return texts;
}

function isTemplateValue(value: unknown): value is { cooked: string | null } {
  return typeof value === "object" && value !== null && !isNode(value) && "cooked" in value;
}
