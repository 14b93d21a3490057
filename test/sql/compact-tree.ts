/**
 * Trees as short text for golden files: names and literals as written, spans, nulls, `false` and empty lists left out.
 * Long nodes are broken over lines, two blanks a level.
 */
import type { Expression, Identifier, QualifiedName, Statement } from "../../src/sql/tree.ts";

const WIDTH = 110;

export function compactTree(statement: Statement): string {
  return write(statement, "");
}

function write(value: unknown, indent: string): string {
  const flat = inline(value);
  if (flat.length + indent.length <= WIDTH || typeof value !== "object" || value === null) return flat;
  const inner = `${indent}  `;
  if (Array.isArray(value)) return `[\n${value.map((item) => `${inner}${write(item, inner)}\n`).join("")}${indent}]`;
  const lines = partsOf(value).map(([key, part]) => `${inner}${key}: ${write(part, inner)}\n`);
  return `${headOf(value)}{\n${lines.join("")}${indent}}`;
}

function inline(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inline).join(", ")}]`;
  if (typeof value !== "object" || value === null) return typeof value === "string" ? value : JSON.stringify(value);
  return (
    short(value) ??
    `${headOf(value)}{${partsOf(value)
      .map(([key, part]) => `${key}: ${inline(part)}`)
      .join(", ")}}`
  );
}

/** Leaves as they would be written. */
function short(value: object): string | null {
  if ("parts" in value) return (value as QualifiedName).parts.map(inline).join(".");
  if ("quoted" in value)
    return (value as Identifier).quoted ? `\`${(value as Identifier).name}\`` : (value as Identifier).name;
  if (!("kind" in value)) return null;
  const node = value as Expression;
  if (node.kind === "column") return inline(node.name);
  if (node.kind === "number") return node.text;
  if (node.kind === "string") return `'${node.value}'`;
  if (node.kind === "boolean") return String(node.value);
  if (node.kind === "null") return "null";
  return null;
}

function headOf(value: object): string {
  return "kind" in value ? `${String(value.kind)} ` : "";
}

function partsOf(value: object): [string, unknown][] {
  return Object.entries(value).filter(([key, part]) => {
    if (key === "kind" || key === "span" || key.endsWith("Span")) return false;
    return part !== null && part !== false && !(Array.isArray(part) && part.length === 0);
  });
}
