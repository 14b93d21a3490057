/** What planning a query needs from its surroundings, and the two ways an aggregate can be out of place. */

import type { Span } from "../core/error.ts";
import type { Identifier, Query } from "../sql/tree.ts";
import type { CallNode, Origin } from "./bind-context.ts";
import type { Surroundings } from "./bind-expression.ts";
import type { Catalog, ConnectorCatalog } from "./catalog.ts";
import type { BoundExpression } from "./plan.ts";
import type { SettingValues } from "./plan-settings.ts";
import type { PoisonedRelation, Relation } from "./relation.ts";
import type { Reporter } from "./report.ts";
import { RelationScope } from "./scope.ts";

/** One table of WITH, and what the names in its query mean. */
export interface CommonTable {
  readonly columns: readonly Identifier[];
  readonly query: Query;
  readonly context: QueryContext;
}

export interface QueryContext {
  readonly report: Reporter;
  readonly catalog: Catalog;
  readonly connectors: ConnectorCatalog;
  readonly settings: SettingValues;
  readonly commonTables: ReadonlyMap<string, CommonTable>;
  /** Part of the text did not parse: a table that is not there may be in that part, so it is no error. */
  readonly incomplete: boolean;
  /** Subqueries and views around this one. */
  readonly depth: number;
  /** The source text, for names of what has none. */
  readonly text: string;
  /** Back into the recursion, for the parts of `plan-query.ts` in other files. */
  readonly planQuery: (context: QueryContext, query: Query) => Relation | PoisonedRelation;
}

/** What FROM gives: rows, and what they may be called in front of a column. */
export interface FromItem {
  readonly relation: Relation | PoisonedRelation;
  readonly alias: string | null;
}

const MAX_NAME = 60;

/** What stands at a place of the text, on one line, as a name for people. */
export function textAt({ text }: Pick<QueryContext, "text">, span: Span): string {
  const line = text.slice(span.start, span.end).replace(/\s+/g, " ");
  return line.length > MAX_NAME ? `${line.slice(0, MAX_NAME - 1)}…` : line;
}

/** One SELECT being planned. */
export interface SelectScope {
  readonly scope: RelationScope;
  readonly origins: WeakMap<BoundExpression, Origin>;
}

export function selectScope(
  report: Reporter,
  relation: Relation | null,
  alias: string | null,
  selectNames: ReadonlySet<string> = new Set(),
): SelectScope {
  const origins = new WeakMap<BoundExpression, Origin>();
  return { origins, scope: new RelationScope({ report, origins, relation, alias, selectNames }) };
}

/** Surroundings in which aggregates have no place; `where` names the place. */
export function withoutAggregates(report: Reporter, { scope, origins }: SelectScope, where: string): Surroundings {
  return {
    report,
    scope,
    origins,
    aggregate: (node: CallNode) =>
      report.error({
        code: "AGGREGATE-PLACE",
        message: `the aggregate "${node.name}" cannot stand in ${where}`,
        span: node.span,
        hint: where === "WHERE" ? "conditions on aggregates go into HAVING" : null,
      }),
    windowFunction: (node: CallNode) => {
      const [name, part] = node.name.split("_");
      const place = name === "WINDOW" || part === "WINDOW" ? "it stands in GROUP BY" : "it stands in FROM or GROUP BY";
      const hint = part !== undefined && part !== "WINDOW" ? `it needs GROUP BY ${name}(…)` : place;
      const message = `"${node.name}" cannot stand in ${where}`;
      return report.error({ code: "WINDOW-PLACE", message, span: node.span, hint });
    },
  };
}
