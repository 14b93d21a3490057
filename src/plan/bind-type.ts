/** A type as written to a `DataType`, with the default precisions of Flink SQL's "Data Types" page. */
import type { DataType } from "../core/type.ts";
import type { TypeNode } from "../sql/tree.ts";
import { foreignTypes } from "./dialects.ts";
import { type Reporter, suggest } from "./report.ts";
import { BIGINT, BOOLEAN, DATE, DOUBLE, INT, STRING } from "./type-rules.ts";

const MAX_LENGTH = 2_147_483_647;
const MAX_TYPE_DEPTH = 32;

const plainTypes: Readonly<Record<string, DataType>> = {
  BOOLEAN,
  TINYINT: { kind: "tinyint" },
  SMALLINT: { kind: "smallint" },
  INT,
  INTEGER: INT,
  BIGINT,
  FLOAT: { kind: "float" },
  DOUBLE,
  "DOUBLE PRECISION": DOUBLE,
  STRING,
  BYTES: { kind: "bytes" },
  DATE,
};

const parameterisedTypes = ["CHAR", "VARCHAR", "BINARY", "VARBINARY", "DECIMAL", "DEC", "NUMERIC"] as const;
const timeTypes = ["TIME", "TIMESTAMP", "TIMESTAMP_LTZ"] as const;
const nestedTypes = ["ROW", "ARRAY", "MAP"] as const;

/** Every type name there is, for suggestions. */
export const typeNames: readonly string[] = [
  ...Object.keys(plainTypes),
  ...parameterisedTypes,
  ...timeTypes,
  ...nestedTypes,
];

/** Null after an error was reported. NOT NULL is the caller's affair. */
export function bindType(report: Reporter, node: TypeNode, depth = 0): DataType | null {
  if (depth > MAX_TYPE_DEPTH) {
    return report.error({ code: "TOO-COMPLEX", message: `types nest deeper than ${MAX_TYPE_DEPTH}`, span: node.span });
  }
  const plain = Object.hasOwn(plainTypes, node.name) ? plainTypes[node.name] : undefined;
  if (plain !== undefined) return node.parameters.length === 0 ? plain : wrongParameters(report, node, "none");
  switch (node.name) {
    case "CHAR":
    case "VARCHAR":
      return bindCharacters(report, node);
    case "BINARY":
    case "VARBINARY":
      return { kind: "bytes" };
    case "DECIMAL":
    case "DEC":
    case "NUMERIC":
      return bindDecimal(report, node);
    case "TIME":
    case "TIMESTAMP":
    case "TIMESTAMP_LTZ":
      return bindTime(report, node);
    case "ROW":
      return bindRow(report, node, depth);
    case "ARRAY": {
      const element = bindArgument(report, node, 0, depth);
      return element && { kind: "array", element };
    }
    case "MAP": {
      const key = bindArgument(report, node, 0, depth);
      const value = bindArgument(report, node, 1, depth);
      return key && value && { kind: "map", key, value };
    }
    case "MULTISET":
    case "RAW":
      return report.unsupported(`the type ${node.name}`, node.span);
    default: {
      const elsewhere = foreignTypes.get(node.name);
      return report.error({
        code: "UNKNOWN-TYPE",
        message: `there is no type "${node.name}"`,
        span: node.span,
        hint: elsewhere === undefined ? suggest(node.name, typeNames, "types are") : `write ${elsewhere}`,
      });
    }
  }
}

function bindArgument(report: Reporter, node: TypeNode, index: number, depth: number): DataType | null {
  const argument = node.arguments[index];
  if (argument !== undefined) return bindType(report, argument, depth + 1);
  const form = node.name === "MAP" ? "MAP<key, value>" : `${node.name}<type>`;
  return report.error({ code: "TYPE-PARAMETER", message: `"${node.name}" is written ${form}`, span: node.span });
}

function bindRow(report: Reporter, node: TypeNode, depth: number): DataType | null {
  const names = new Set<string>();
  const fields = [];
  for (const field of node.fields) {
    if (names.has(field.name.name)) {
      const message = `field "${field.name.name}" stands twice in a ROW`;
      report.error({ code: "DUPLICATE-NAME", message, span: field.name.span });
    }
    names.add(field.name.name);
    const type = bindType(report, field.type, depth + 1);
    if (type === null) return null;
    fields.push({ name: field.name.name, type, nullable: !field.type.notNull });
  }
  return { kind: "row", fields };
}

function bindCharacters(report: Reporter, node: TypeNode): DataType | null {
  const unstated = node.name === "CHAR" ? 1 : MAX_LENGTH;
  const [length = unstated, ...rest] = node.parameters;
  if (rest.length > 0 || length < 1 || length > MAX_LENGTH) {
    return wrongParameters(report, node, `a length from 1 to ${MAX_LENGTH}`);
  }
  if (node.name === "CHAR") return { kind: "char", length };
  return length === MAX_LENGTH ? STRING : { kind: "varchar", length };
}

function bindDecimal(report: Reporter, node: TypeNode): DataType | null {
  const [precision = 10, scale = 0, ...rest] = node.parameters;
  if (rest.length > 0 || precision < 1 || precision > 38 || scale < 0 || scale > precision) {
    return wrongParameters(report, node, "a precision from 1 to 38 and a scale from 0 to the precision");
  }
  return { kind: "decimal", precision, scale };
}

function bindTime(report: Reporter, node: TypeNode): DataType | null {
  const isTime = node.name === "TIME";
  const [precision = isTime ? 0 : 6, ...rest] = node.parameters;
  const most = isTime ? 3 : 9;
  if (rest.length > 0 || precision < 0 || precision > most) {
    return wrongParameters(report, node, `a precision from 0 to ${most}`);
  }
  if (isTime) return { kind: "time", precision };
  return { kind: node.withLocalTimeZone || node.name === "TIMESTAMP_LTZ" ? "timestamp_ltz" : "timestamp", precision };
}

function wrongParameters(report: Reporter, node: TypeNode, expected: string): null {
  const given = node.parameters.length === 0 ? "none" : `(${node.parameters.join(", ")})`;
  const message = `"${node.name}" takes ${expected} as parameter, not ${given}`;
  return report.error({ code: "TYPE-PARAMETER", message, span: node.span });
}
