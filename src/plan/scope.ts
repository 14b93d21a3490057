/**
 * Names in an expression: a column, a table alias and a column, or a field inside a ROW column (`user.id`), in that order
 * of trying. Names are case-sensitive, as in Flink.
 */
import type { Span } from "../core/error.ts";
import type { DataType, Field } from "../core/type.ts";
import { formatType } from "../core/type-text.ts";
import type { Identifier, QualifiedName } from "../sql/tree.ts";
import type { Origin, Scope } from "./bind-context.ts";
import { castTo } from "./cast.ts";
import { type CatalogTable, PROCESSING_TIME } from "./catalog.ts";
import { columnOf } from "./expression.ts";
import type { BoundExpression } from "./plan.ts";
import type { Relation, RelationColumn } from "./relation.ts";
import { type Reporter, suggest } from "./report.ts";
import { BYTES } from "./type-rules.ts";
import { type StructParts, structField, structParts } from "./window-struct.ts";

export interface RelationScopeInput {
  readonly report: Reporter;
  readonly origins: WeakMap<BoundExpression, Origin>;
  /** Null = poisoned: every name resolves to poison, silently. */
  readonly relation: Pick<Relation, "columns" | "aggregation" | "results" | "join" | "union" | "table"> | null;
  /** What the table may be called in front of a column. */
  readonly alias: string | null;
  /** Names that SELECT gives: not seen by the expressions of its own query, but often meant. */
  readonly selectNames?: ReadonlySet<string>;
}

const windowNames: readonly string[] = ["window_start", "window_end", "window_time"];

export class RelationScope implements Scope {
  readonly #report: Reporter;
  readonly #origins: WeakMap<BoundExpression, Origin>;
  readonly #columns: readonly RelationColumn[];
  /** The table behind un-aggregated rows: its ROW columns can be opened. */
  readonly #table: CatalogTable | null;
  readonly #alias: string | null;
  readonly #poisoned: boolean;
  readonly #selectNames: ReadonlySet<string>;

  constructor(input: RelationScopeInput) {
    this.#report = input.report;
    this.#origins = input.origins;
    this.#poisoned = input.relation === null;
    this.#columns = input.relation?.columns ?? [];
    this.#table = rowsOfTable(input.relation) ? input.relation.table : null;
    this.#alias = input.alias;
    this.#selectNames = input.selectNames ?? new Set();
  }

  get poisoned(): boolean {
    return this.#poisoned;
  }

  get selectNames(): ReadonlySet<string> {
    return this.#selectNames;
  }

  get columns(): readonly RelationColumn[] {
    return this.#columns;
  }

  resolve(name: QualifiedName): BoundExpression | null {
    const expression = this.#find(name);
    if (expression === null) return null;
    const own = { ...expression };
    this.#origins.set(own, { name: name.parts.map((part) => part.name).join("."), span: name.span });
    return own;
  }

  /** Whether the name means a column here, or one of several. */
  knows(name: QualifiedName): boolean {
    const { parts, columns } = this.#among(name.parts);
    return this.#poisoned || columns.some((column) => column.name === parts[0]?.name);
  }

  /** Whether the name begins with what the rows, or some of them, are called. */
  calls({ parts: [first] }: QualifiedName): boolean {
    return first?.name === this.#alias || this.#columns.some(({ qualifier }) => qualifier === first?.name);
  }

  /** The relation's column a plain name means, for DESCRIPTOR and TUMBLE(ts, …). Null: reported or poisoned. */
  column(name: QualifiedName): RelationColumn | null {
    if (this.#poisoned) return null;
    const parts = this.#withoutAlias(name.parts);
    const [first] = parts;
    if (first === undefined || parts.length !== 1) {
      this.resolve(name);
      const message = `"${nameText(name)}" is no column of the table itself`;
      return this.#report.error({ code: "NO-TIME-ATTRIBUTE", message, span: name.span });
    }
    return this.#named(first) ?? this.#unknown(first, name);
  }

  field(row: BoundExpression, field: Identifier): BoundExpression | null {
    return this.#fieldAt(row, [field]);
  }

  cell(map: BoundExpression, key: string): BoundExpression | null {
    if (map.type.kind !== "map" || map.kind !== "column") return null;
    if (this.#table?.columns[map.index]?.source !== "metadata") return null;
    const bytes = this.#leaf(map, [key], { type: BYTES, nullable: true });
    return bytes && castTo(bytes, map.type.value);
  }

  processingTime(span: Span): BoundExpression | null {
    if (this.#table !== null) return columnOf(this.#table.processingTime(), PROCESSING_TIME, false);
    if (this.#poisoned) return null;
    const hint = "take it in a SELECT from the table itself, or as a column of CREATE TABLE: p AS PROCTIME()";
    return this.#report.unsupported("PROCTIME() of rows that are results", span, hint);
  }

  #find(name: QualifiedName): BoundExpression | null {
    if (this.#poisoned) return null;
    const { parts, columns } = this.#among(name.parts);
    const [first, ...path] = parts;
    if (first === undefined) return null;
    const column = this.#named(first, columns);
    if (column === undefined) return this.#unknown(first, name);
    const expression = column?.expression ?? null;
    return expression === null ? null : this.#fieldAt(expression, path);
  }

  /** `user.address.city` becomes one column; those on the way do not. */
  #fieldAt(row: BoundExpression, path: readonly Identifier[]): BoundExpression | null {
    let { type, nullable } = row;
    const names: string[] = [];
    const window = structParts(row);
    if (window !== null) return this.#windowField(row, window, path);
    for (const part of path) {
      const field = this.#fieldOf(type, part);
      if (field === null) return null;
      names.push(field.name);
      type = field.type;
      nullable ||= field.nullable;
    }
    const last = path[path.length - 1];
    if (last === undefined) return row;
    const leaf = this.#leaf(row, names, { type, nullable });
    return leaf ?? this.#report.unsupported("a field of a ROW that is no column of a table", last.span);
  }

  /** `window.start`. */
  #windowField(row: BoundExpression, window: StructParts, path: readonly Identifier[]): BoundExpression | null {
    const [field, ...more] = path;
    if (field === undefined) return row;
    const found = structField(window, field.name);
    if (found === undefined) return row.type.kind === "row" ? this.#unknownField(row.type.fields, field) : null;
    return this.#fieldAt({ ...found }, more);
  }

  /** `t.c` is column c of the table called t, unless no such column is there and a column t is. */
  #withoutAlias(parts: readonly Identifier[]): readonly Identifier[] {
    const [first, second] = parts;
    if (first === undefined || second === undefined || first.name !== this.#alias) return parts;
    const has = (name: string): boolean => this.#columns.some((column) => column.name === name);
    return has(second.name) || !has(first.name) ? parts.slice(1) : parts;
  }

  /** The columns a name may mean: of joined tables those of the one that is named. */
  #among(parts: readonly Identifier[]): {
    readonly parts: readonly Identifier[];
    readonly columns: readonly RelationColumn[];
  } {
    const [first, second] = parts;
    const own = this.#columns.filter(({ qualifier }) => qualifier === first?.name);
    if (second !== undefined && own.length > 0) return { parts: parts.slice(1), columns: own };
    return { parts: this.#withoutAlias(parts), columns: this.#columns };
  }

  /** Undefined: no such column. Null: reported as ambiguous. */
  #named(identifier: Identifier, columns = this.#columns): RelationColumn | null | undefined {
    const found = columns.filter(({ name }) => name === identifier.name);
    if (found.length <= 1) return found[0];
    const message = `column "${identifier.name}" is ambiguous: ${found.length} columns have that name`;
    const hint = "give each a name of its own with AS";
    return this.#report.error({ code: "AMBIGUOUS-COLUMN", message, span: identifier.span, hint });
  }

  #unknown(identifier: Identifier, name: QualifiedName): null {
    const first = name.parts[0];
    const names = this.#columns.map((column) => column.name);
    const qualifier = first !== undefined && first !== identifier && name.parts.length > 1 ? first.name : null;
    const prefix = name.parts.length > 1 && qualifier === null;
    const where = qualifier === null ? (this.#alias === null ? "" : ` in "${this.#alias}"`) : ` in "${qualifier}"`;
    const message = prefix
      ? `there is no table or column "${identifier.name}" here`
      : `there is no column "${identifier.name}"${where}`;
    const called = prefix && this.#alias !== null ? `the table is called "${this.#alias}" here` : null;
    const hint = this.#elsewhere(identifier.name) ?? called ?? suggest(identifier.name, names, "columns are");
    return this.#report.error({ code: "UNKNOWN-COLUMN", message, span: identifier.span, hint });
  }

  /** Where a name would have come from. */
  #elsewhere(name: string): string | null {
    if (this.#selectNames.has(name)) return "SELECT gives that name, and it is not seen here: repeat the expression";
    if (!windowNames.includes(name)) return null;
    return "window columns come from FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE))";
  }

  #fieldOf(type: DataType, name: Identifier): Field | null {
    if (type.kind !== "row") {
      const message = `"${name.name}" is read from ${formatType(type)}, but only a ROW has fields`;
      const hint = type.kind === "map" ? `a cell of a MAP is read as …['${name.name}']` : null;
      return this.#report.error({ code: "UNKNOWN-COLUMN", message, span: name.span, hint });
    }
    return type.fields.find((field) => field.name === name.name) ?? this.#unknownField(type.fields, name);
  }

  #unknownField(fields: readonly Field[], field: Identifier): null {
    return this.#report.error({
      code: "UNKNOWN-COLUMN",
      message: `the ROW has no field "${field.name}"`,
      span: field.span,
      hint: suggest(
        field.name,
        fields.map(({ name }) => name),
        "fields are",
      ),
    });
  }

  /** The field below a ROW column of the table, as a column of its own; null when the ROW is no such column. */
  #leaf(row: BoundExpression, names: readonly string[], field: Omit<Field, "name">): BoundExpression | null {
    const table = this.#table;
    if (table === null || row.kind !== "column") return null;
    const parent = table.columns[row.index];
    if (parent === undefined || parent.source === "computed") return null;
    const [root, path] = parent.source === "nested" ? [parent.root, parent.path] : [row.index, []];
    return columnOf(table.leaf(root, [...path, ...names], field), field.type, field.nullable);
  }
}

/** Names in a subquery: its own, then those of the query around it. */
export class NestedScope implements Scope {
  readonly #inner: RelationScope;
  readonly #outer: RelationScope;

  constructor(inner: RelationScope, outer: RelationScope) {
    this.#inner = inner;
    this.#outer = outer;
  }

  resolve(name: QualifiedName): BoundExpression | null {
    if (this.#inner.knows(name)) return this.#inner.resolve(name);
    const outer = this.#outer.knows(name) || (this.#outer.calls(name) && !this.#inner.calls(name));
    return (outer ? this.#outer : this.#inner).resolve(name);
  }

  field(row: BoundExpression, field: Identifier): BoundExpression | null {
    return this.#inner.field(row, field);
  }

  cell(map: BoundExpression, key: string): BoundExpression | null {
    return this.#inner.cell(map, key);
  }

  processingTime(span: Span): BoundExpression | null {
    return this.#inner.processingTime(span);
  }
}

function rowsOfTable(
  relation: RelationScopeInput["relation"],
): relation is NonNullable<RelationScopeInput["relation"]> {
  return (
    relation !== null &&
    relation.aggregation === null &&
    relation.results === null &&
    relation.join === undefined &&
    relation.union === undefined
  );
}

function nameText(name: QualifiedName): string {
  return name.parts.map((part) => part.name).join(".");
}
