/**
 * A data type as SQL writes it: `DECIMAL(10, 2)`, `TIMESTAMP_LTZ(3)`, `ROW<id BIGINT, name STRING>`. Used by errors, by
 * `explainPlan` and by views, so the text is stable.
 */
import type { DataType, Field } from "../core/type.ts";

export function formatType(type: DataType): string {
  switch (type.kind) {
    case "decimal":
      return `DECIMAL(${type.precision}, ${type.scale})`;
    case "char":
    case "varchar":
      return `${type.kind.toUpperCase()}(${type.length})`;
    case "time":
    case "timestamp":
    case "timestamp_ltz":
      return `${type.kind.toUpperCase()}(${type.precision})`;
    case "interval_day":
      return "INTERVAL DAY TO SECOND";
    case "interval_month":
      return "INTERVAL YEAR TO MONTH";
    case "row":
      return `ROW<${type.fields.map(formatField).join(", ")}>`;
    case "array":
      return `ARRAY<${formatType(type.element)}>`;
    case "map":
      return `MAP<${formatType(type.key)}, ${formatType(type.value)}>`;
    default:
      return type.kind.toUpperCase();
  }
}

/** `name TYPE [NOT NULL]`. */
export function formatField(field: Field): string {
  return `${field.name} ${formatType(field.type)}${field.nullable ? "" : " NOT NULL"}`;
}
