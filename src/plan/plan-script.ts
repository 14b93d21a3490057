/**
 * A parsed script to a plan. Statements act in order: a table exists from its CREATE on, a SET holds for what follows.
 * Every error of the text comes back, in the order of the text; with any error there is no plan.
 */
import type { Field } from "../core/type.ts";
import type { ExplainMode, Parsed, QualifiedName, Query, SqlError, Statement } from "../sql/tree.ts";
import { bindTable, uniqueOptions } from "./bind-table.ts";
import { buildPlan } from "./build-plan.ts";
import { Catalog, type CatalogEntry, type ConnectorCatalog, type SettingsCatalog } from "./catalog.ts";
import { changesOf, checkTarget, keyOf } from "./changelog.ts";
import { withLike } from "./create-like.ts";
import { declareDeadLetters } from "./dead-letters.ts";
import { declareLateTable, readsFrom } from "./late-table.ts";
import { NodeIds } from "./node-id.ts";
import { type OwnTable, servedAsView, writtenInto } from "./own-tables.ts";
import { type Plan, type PlannedQuery, planVersion, type TableColumn } from "./plan.ts";
import { renameColumns, tableName } from "./plan-from.ts";
import { planQuery } from "./plan-query.ts";
import { Settings } from "./plan-settings.ts";
import { type PendingQuery, plainOutputs, planInsert } from "./plan-target.ts";
import type { QueryContext } from "./query-context.ts";
import { isPoisoned, type RelationColumn } from "./relation.ts";
import { Reporter, suggest } from "./report.ts";
import { expandUnion } from "./union.ts";

export interface ScriptInput {
  readonly statements: Parsed;
  /** The source text, for names of what has none. */
  readonly text: string;
  readonly connectors: ConnectorCatalog;
  /** `initial`: settings from outside the script, checked already. */
  readonly settings: { readonly catalog: SettingsCatalog; readonly initial: Readonly<Record<string, string>> };
}

export interface PlannedScript {
  /** Null when there is an error. A script without a query gives a plan without queries. */
  readonly plan: Plan | null;
  /** The parser's and the planner's, in the order of the text. */
  readonly errors: readonly SqlError[];
  readonly notices: readonly string[];
  /** What EXPLAIN statements ask about; not among the plan's queries. Empty when there is an error. */
  readonly explained: readonly ExplainedStatement[];
}

export type { ExplainMode } from "../sql/tree.ts";

/** An EXPLAIN statement, as a plan of its own. */
export interface ExplainedStatement {
  readonly mode: ExplainMode;
  readonly plan: Plan;
}

export function planScript(input: ScriptInput): PlannedScript {
  const planner = new ScriptPlanner(input);
  for (const statement of input.statements.statements) planner.run(statement);
  return planner.finish();
}

class ScriptPlanner {
  readonly #input: ScriptInput;
  readonly #report = new Reporter();
  readonly #catalog = new Catalog();
  readonly #settings: Settings;
  readonly #queries: PendingQuery[] = [];
  readonly #explained: { readonly mode: ExplainMode; readonly queries: readonly PendingQuery[] }[] = [];
  /** Tables that options name and the engine fills. */
  readonly #own: OwnTable[] = [];
  readonly #bareSelects = { count: 0 };
  /** Settings as the last query saw them. */
  #inForce: ReadonlyMap<string, string> | null = null;

  constructor(input: ScriptInput) {
    this.#input = input;
    this.#settings = new Settings(input.settings.catalog, input.settings.initial);
  }

  run(statement: Statement): void {
    switch (statement.kind) {
      case "set":
        this.#settings.set(this.#report, statement);
        break;
      case "reset":
        this.#settings.reset(this.#report, statement);
        break;
      case "createTable":
        this.#createTable(statement);
        break;
      case "createView":
        if (statement.materialized) this.#createMaterialized(statement);
        else this.#createView(statement);
        break;
      case "drop":
        this.#drop(statement);
        break;
      case "statementSet":
        for (const insert of statement.inserts) this.#add(this.#queries, insert);
        break;
      case "explain":
        this.#explain(statement);
        break;
      case "insert":
      case "query":
        this.#add(this.#queries, statement);
        break;
    }
  }

  finish(): PlannedScript {
    const own = this.#ownQueries();
    const parsed = this.#input.statements.errors;
    const errors = [...parsed, ...this.#report.errors].sort((a, b) => a.span.start - b.span.start);
    const { notices } = this.#report;
    if (errors.length > 0) return { plan: null, errors, notices, explained: [] };
    const ids = new NodeIds();
    const queries = [...this.#queries, ...own].flatMap(expandUnion).map((query) => build(query, ids));
    const settings = Object.fromEntries(this.#inForce ?? this.#settings.values);
    const explained = this.#explained.map(({ mode, queries: asked }): ExplainedStatement => {
      const own = new NodeIds();
      const planned = asked.flatMap(expandUnion).map((query) => build(query, own));
      return { mode, plan: { version: planVersion, queries: planned, settings } };
    });
    return { plan: { version: planVersion, queries, settings }, errors, notices, explained };
  }

  /** Late rows and dead letters of what the queries read. */
  #ownQueries(): PendingQuery[] {
    return this.#own.flatMap((own): PendingQuery[] => {
      const { table, late } = own.relation;
      const read = this.#queries.some(({ relation }) => late !== true || readsFrom(relation, table));
      if (!read) return [];
      const declared = this.#catalog.find(own.name);
      if (declared?.kind !== "table") return [servedAsView(own)];
      const written = writtenInto(this.#report, declared.table, own);
      return written === null ? [] : [written];
    });
  }

  #explain({ mode, statement }: Extract<Statement, { kind: "explain" }>): void {
    const queries: PendingQuery[] = [];
    if (statement.kind === "insert" || statement.kind === "query") this.#add(queries, statement);
    else if (statement.kind === "statementSet") for (const insert of statement.inserts) this.#add(queries, insert);
    else {
      const message = "EXPLAIN takes a query or an INSERT";
      this.#report.error({ code: "EXPLAIN-PLACE", message, span: statement.span });
    }
    this.#explained.push({ mode, queries });
  }

  #add(into: PendingQuery[], statement: Extract<Statement, { kind: "insert" | "query" }>): void {
    if (into === this.#queries) this.#noteSettings();
    const query =
      statement.kind === "insert" ? planInsert(this.#context(), statement) : this.#planSelect(statement.query);
    if (query !== null) into.push(query);
  }

  #planSelect(query: Query): PendingQuery | null {
    const relation = planQuery(this.#context(), query);
    const outputs = plainOutputs(this.#report, relation, { span: query.span, uniqueNames: false });
    if (outputs === null || isPoisoned(relation)) return null;
    this.#bareSelects.count++;
    const label = `select ${this.#bareSelects.count}`;
    return { label, relation, outputs, changes: changesOf(relation), target: () => ({ kind: "print" }) };
  }

  /** One job runs all queries, so it has one set of settings; what planning reads holds for each query as it was. */
  #noteSettings(): void {
    const now = this.#settings.values;
    const before = this.#inForce ?? now;
    for (const key of new Set([...before.keys(), ...now.keys()])) {
      if (before.get(key) === now.get(key)) continue;
      const value = now.get(key);
      const last = value === undefined ? "its default" : `"${value}"`;
      this.#report.notice(`"${key}" changes between queries: where the running job reads it, ${last} holds`);
    }
    this.#inForce = now;
  }

  #context(): QueryContext {
    return {
      report: this.#report,
      catalog: this.#catalog,
      connectors: this.#input.connectors,
      settings: this.#settings.values,
      commonTables: new Map(),
      incomplete: this.#input.statements.errors.length > 0,
      depth: 0,
      text: this.#input.text,
      planQuery,
    };
  }

  /** Whether the name is free; reports it when not. */
  #claim(name: QualifiedName, ifNotExists: boolean): boolean {
    const key = tableName(name);
    const known = this.#catalog.find(key);
    if (known === undefined) return true;
    if (ifNotExists || known.kind === "poisoned") return false;
    const hint = "DROP it first, or write IF NOT EXISTS";
    this.#report.error({ code: "DUPLICATE-NAME", message: `"${key}" exists already`, span: name.span, hint });
    return false;
  }

  #createTable(statement: Extract<Statement, { kind: "createTable" }>): void {
    const name = tableName(statement.name);
    // Rows that the engine makes are written into a table that is declared under their name.
    const engines = ["lateRows", "deadLetters"].includes(this.#catalog.find(name)?.kind ?? "");
    if (!engines && !this.#claim(statement.name, statement.ifNotExists)) return;
    const node = withLike(this.#report, this.#catalog, statement);
    if (node === null) {
      this.#catalog.set(name, { kind: "poisoned" });
      return;
    }
    const table = bindTable(this.#report, node, { name, connectors: this.#input.connectors });
    this.#catalog.set(name, { kind: "table", table, node });
    const late = declareLateTable(this.#report, this.#catalog, table);
    const letters = declareDeadLetters(this.#report, this.#catalog, { table, known: this.#own });
    this.#own.push(...[late, letters].filter((own) => own !== null));
  }

  #createView(statement: Extract<Statement, { kind: "createView" }>): void {
    const name = tableName(statement.name);
    if (!this.#claim(statement.name, statement.ifNotExists)) return;
    const before = this.#report.errors.length;
    const relation = planQuery(this.#context(), statement.query);
    if (!isPoisoned(relation)) {
      const named = renameColumns({ report: this.#report }, relation, statement.columns);
      plainNames(this.#report, named.columns, statement.query);
    }
    const poisoned = isPoisoned(relation) || this.#report.errors.length > before;
    const view = {
      name,
      columns: statement.columns,
      query: statement.query,
      scope: this.#catalog.snapshot(),
      poisoned,
    };
    this.#catalog.set(name, { kind: "view", view });
  }

  /** Served under its name; its options are those of the connector `view`. */
  #createMaterialized(statement: Extract<Statement, { kind: "createView" }>): void {
    const name = tableName(statement.name);
    if (!this.#claim(statement.name, statement.ifNotExists)) return;
    this.#catalog.set(name, { kind: "materializedView", name });
    this.#noteSettings();
    const planned = planQuery(this.#context(), statement.query);
    const relation = isPoisoned(planned)
      ? planned
      : renameColumns({ report: this.#report }, planned, statement.columns);
    const outputs = plainOutputs(this.#report, relation, { span: statement.query.span, uniqueNames: true });
    const { span } = statement.name;
    const written = uniqueOptions(this.#report, statement.options);
    const options = [{ key: "connector", value: "view", keySpan: span, valueSpan: span }, ...written];
    const columns = (outputs ?? []).map(({ name: column, expression }): TableColumn => {
      const field: Field = { name: column, type: expression.type, nullable: expression.nullable };
      return { ...field, source: "physical" };
    });
    const request = { name, span, columns, primaryKey: [], partitionedBy: [], options };
    this.#report.addAll(this.#input.connectors.checkTable(request).errors);
    if (outputs === null || isPoisoned(relation)) return;
    const changes = changesOf(relation);
    const names = columns.map((column) => column.name);
    const primaryKey = keyOf(changes)?.map((index) => names[index] ?? "") ?? [];
    const into = { name, acceptsUpdates: true, primaryKey, columns: names, span };
    if (!checkTarget(this.#report, changes, into)) return;
    const values = Object.fromEntries(written.map(({ key, value }) => [key, value]));
    const label = `create materialized view ${name}`;
    this.#queries.push({ label, relation, outputs, changes, target: () => ({ kind: "view", name, options: values }) });
  }

  #drop(statement: Extract<Statement, { kind: "drop" }>): void {
    const name = tableName(statement.name);
    const entry = this.#catalog.find(name);
    const { span } = statement.name;
    if (entry === undefined) {
      if (statement.ifExists || this.#input.statements.errors.length > 0) return;
      const hint = suggest(name, this.#catalog.names, "there are");
      const what = statement.object.toLowerCase();
      this.#report.error({ code: "UNKNOWN-TABLE", message: `there is no ${what} "${name}"`, span, hint });
      return;
    }
    const object = objectOf(entry);
    if (object !== null && object !== statement.object) {
      const message = `"${name}" is a ${object.toLowerCase()}, not a ${statement.object.toLowerCase()}`;
      this.#report.error({ code: "DROP-KIND", message, span, hint: `write DROP ${object} ${name}` });
      return;
    }
    if (object === "MATERIALIZED VIEW") {
      this.#report.unsupported("dropping a materialized view that this script creates", span, "leave its CREATE out");
      return;
    }
    this.#catalog.delete(name);
  }
}

function objectOf(entry: CatalogEntry): string | null {
  if (entry.kind === "table") return "TABLE";
  if (entry.kind === "view") return "VIEW";
  return entry.kind === "materializedView" ? "MATERIALIZED VIEW" : null;
}

function build(query: PendingQuery, ids: NodeIds): PlannedQuery {
  const { relation, outputs, changes } = query;
  const root = buildPlan({ relation, outputs, table: relation.table.definition(), ids });
  const part = query.part === undefined || query.part === 0 ? {} : { part: query.part };
  return { label: query.label, root, target: query.target(), changes, ...part };
}

/** A view's columns are read by name, so two of one name are an error where it is made. */
function plainNames(report: Reporter, columns: readonly RelationColumn[], query: Query): void {
  const seen = new Set<string>();
  for (const { name, span } of columns) {
    if (seen.has(name)) {
      const hint = "give each a name of its own with AS";
      report.error({
        code: "DUPLICATE-NAME",
        message: `two columns are called "${name}"`,
        span: span ?? query.span,
        hint,
      });
    }
    seen.add(name);
  }
}
