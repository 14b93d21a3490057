/**
 * `CREATE TABLE t (…) LIKE other`: the other table's columns, watermark and keys, then its own; its options over the
 * other's. That is what Flink does when no INCLUDING or EXCLUDING is written.
 */
import type { CreateTable } from "./bind-table.ts";
import type { Catalog } from "./catalog.ts";
import { tableName } from "./plan-from.ts";
import { type Reporter, suggest } from "./report.ts";

/** The statement with what it takes over written out. Null after an error. */
export function withLike(report: Reporter, catalog: Catalog, node: CreateTable): CreateTable | null {
  if (node.like === null) return node;
  const name = tableName(node.like);
  const entry = catalog.find(name);
  if (entry?.kind === "poisoned") return null;
  if (entry?.kind !== "table") {
    const tables = catalog.names.filter((candidate) => catalog.find(candidate)?.kind === "table");
    const message = entry === undefined ? `there is no table "${name}"` : `"${name}" is a view: LIKE takes a table`;
    const hint = suggest(name, tables, "tables are");
    return report.error({ code: "UNKNOWN-TABLE", message, span: node.like.span, hint });
  }
  const base = entry.node;
  const own = new Set(node.options.map(({ key }) => key));
  return {
    ...node,
    columns: [...base.columns, ...node.columns],
    watermark: node.watermark ?? base.watermark,
    primaryKey: node.primaryKey.length > 0 ? node.primaryKey : base.primaryKey,
    partitionedBy: node.partitionedBy.length > 0 ? node.partitionedBy : base.partitionedBy,
    options: [...base.options.filter(({ key }) => !own.has(key)), ...node.options],
    like: null,
  };
}
