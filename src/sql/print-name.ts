/** Names, strings and types back to text; see `print.ts`. */
import { isReserved, keywords } from "./keywords.ts";
import type { Identifier, QualifiedName, TypeNode } from "./tree.ts";

export function printType(node: TypeNode): string {
  const fields = node.fields.map(({ name, type }) => `${printIdentifier(name)} ${printType(type)}`).join(", ");
  const inside = node.name === "ROW" ? `<${fields}>` : "";
  const types = node.arguments.length === 0 ? "" : `<${node.arguments.map(printType).join(", ")}>`;
  const parameters = node.parameters.length === 0 ? "" : `(${node.parameters.join(", ")})`;
  const zone = node.withLocalTimeZone ? " WITH LOCAL TIME ZONE" : "";
  return `${node.name}${inside}${types}${parameters}${zone}${node.notNull ? " NOT NULL" : ""}`;
}

export function printString(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

export function printName(name: QualifiedName): string {
  return name.parts.map(printIdentifier).join(".");
}

/** In back ticks when it was written so, or could not be read without. */
export function printIdentifier({ name, quoted }: Identifier): string {
  const type = keywords.get(name.toUpperCase());
  const isPlain = /^[\p{L}_$][\p{L}\p{Nd}_$]*$/u.test(name) && (type === undefined || !isReserved(type));
  return quoted || !isPlain ? `\`${name.replaceAll("`", "``")}\`` : name;
}
