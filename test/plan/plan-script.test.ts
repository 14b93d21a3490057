/** What golden files do not show: identities of nodes, tables that queries share, hostile text, poison. */
import { describe, expect, test } from "bun:test";
import { explainPlan } from "../../src/plan/explain.ts";
import { inputsOf } from "../../src/plan/inputs.ts";
import type { Plan, PlanNode, TableDefinition } from "../../src/plan/plan.ts";
import { columnsToRead } from "../../src/plan/table-columns.ts";
import { plan, planText } from "./plan-text.ts";

const clicks = `CREATE TABLE clicks (user_id BIGINT, page STRING, ts TIMESTAMP(3), \`user\` ROW<id BIGINT, name STRING>,
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'kafka', 'topic' = 'clicks', 'format' = 'json');`;

function planned(text: string): Plan {
  const result = plan(text);
  expect(result.errors).toEqual([]);
  if (result.plan === null) throw new Error("no plan without errors");
  return result.plan;
}

function codes(text: string): string[] {
  return plan(text).errors.map(({ code }) => code);
}

function nodes(root: PlanNode): PlanNode[] {
  return [root, ...inputsOf(root).flatMap(nodes)];
}

/** Ids of the nodes of every query, by kind. */
function ids(text: string, kind: PlanNode["kind"] = "windowAggregate"): string[] {
  return planned(text)
    .queries.flatMap(({ root }) => nodes(root))
    .flatMap((node) => (node.kind === kind ? [node.id] : []));
}

function tables(text: string): TableDefinition[] {
  return planned(text)
    .queries.flatMap(({ root }) => nodes(root))
    .flatMap((node) => (node.kind === "scan" ? [node.table] : []));
}

function counting(items: string, size = "1", table = "clicks"): string {
  return `SELECT ${items} FROM TUMBLE(TABLE ${table}, DESCRIPTOR(ts), INTERVAL '${size}' MINUTE) AS t
    GROUP BY window_start, window_end, page;`;
}

describe("identities", () => {
  const first = ids(`${clicks} ${counting("page, COUNT(*) AS n")}`);

  test("are 16 hex digits and an ordinal", () => {
    expect(first).toEqual([expect.stringMatching(/^[0-9a-f]{16}-0$/)]);
  });

  test("survive renaming, reformatting, a view around them, other options and other queries", () => {
    const same = [
      `${clicks} ${counting("COUNT(*) AS how_many, page AS p")}`,
      `${clicks} ${counting("/* as before */ t.page,   count( * )")}`,
      `${clicks} CREATE VIEW v AS ${counting("page, COUNT(*) AS n")} SELECT n FROM v WHERE n > 3;`,
      `${clicks.replace("'topic' = 'clicks'", "'topic' = 'clicks', 'scan.startup.mode' = 'earliest-offset'")} ${counting("COUNT(*)")}`,
      `${clicks} SELECT \`user\`.name FROM clicks; ${counting("COUNT(*)")}`,
      `${clicks} SELECT page, ts FROM clicks; ${counting("COUNT(*)")}`,
      `${clicks} ${counting("page, COUNT(1), COUNT(*)")}`,
    ];
    for (const text of same) expect([text, ids(text)]).toEqual([text, first]);
  });

  test("change with what is computed", () => {
    const others = [
      `${clicks} ${counting("COUNT(user_id)")}`,
      `${clicks} ${counting("COUNT(*)", "2")}`,
      `${clicks.replace("'5' SECOND", "'6' SECOND")} ${counting("COUNT(*)")}`,
      `${clicks.replaceAll("clicks", "visits")} ${counting("COUNT(*)", "1", "visits")}`,
      `${clicks} ${counting("COUNT(*)").replace("GROUP BY", "WHERE user_id = 1 GROUP BY")}`,
    ].map((text) => ids(text)[0]);
    expect(new Set([first[0], ...others]).size).toBe(others.length + 1);
  });

  test("number what a plan computes twice", () => {
    const [hash] = (first[0] ?? "").split("-");
    expect(ids(`${clicks} ${counting("COUNT(*)")} ${counting("COUNT(*)")}`)).toEqual([`${hash}-0`, `${hash}-1`]);
  });
});

describe("tables of a plan", () => {
  test("are equal wherever they stand, nested fields of all queries in them", () => {
    const [first, second] = tables(`${clicks} SELECT \`user\`.id FROM clicks; SELECT \`user\`.name FROM clicks;`);
    expect(first).toEqual(second as TableDefinition);
    expect(first?.columns.map(({ name }) => name)).toEqual(["user_id", "page", "ts", "user", "user.id", "user.name"]);
    expect(first?.columns[4]).toMatchObject({ source: "nested", root: 3, path: ["id"] });
  });

  test("are apart when a hint gives them other options", () => {
    const hint = "/*+ OPTIONS('scan.startup.mode' = 'earliest-offset') */";
    const text = `${clicks} SELECT page FROM clicks; SELECT page FROM clicks ${hint}; SELECT page FROM clicks ${hint};`;
    const modes = tables(text).map(({ options }) => options["scan.startup.mode"]);
    expect(modes).toEqual([undefined, "earliest-offset", "earliest-offset"]);
  });

  test("say what must be read for a computed column", () => {
    const [table] = tables(
      `CREATE TABLE t (a INT, b AS a + 1, c AS b * 2, d INT) WITH ('connector' = 'datagen'); SELECT c FROM t;`,
    );
    expect(table && columnsToRead(table, [2])).toEqual([0, 1, 2]);
  });
});

describe("errors", () => {
  test("of a part that did not parse do not make tables unknown", () => {
    const result = plan(
      "CREATE TABLE a (x INT WITH ('connector' = 'datagen'); SELECT x, y FROM a; SELECT nothing(x) FROM a;",
    );
    expect(result.plan).toBeNull();
    expect(result.errors.map(({ code }) => code)).not.toContain("UNKNOWN-TABLE");
    expect(result.errors.map(({ code }) => code)).toContain("UNKNOWN-FUNCTION");
  });

  test("come in the order of the text", () => {
    const starts = plan(`${clicks} SELECT nope FROM clicks; SELEC; SELECT nope FROM clicks;`).errors.map(
      ({ span }) => span.start,
    );
    expect(starts).toEqual([...starts].sort((a, b) => a - b));
    expect(starts.length).toBe(3);
  });

  test("of a column are said once, not wherever it is used", () => {
    const text = `CREATE TABLE t (a NOTYPE, b AS a + 1, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen');
      SELECT a + 1, UPPER(b), COUNT(a) FROM TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE) GROUP BY window_start, window_end, a;
      CREATE VIEW v AS SELECT a FROM t; SELECT a, b FROM v;`;
    expect(codes(text)).toEqual(["UNKNOWN-TYPE"]);
  });

  test("of a WITH table read twice are said once", () => {
    expect(codes(`${clicks} WITH w AS (SELECT nope FROM clicks) SELECT a FROM w;`)).toEqual(["UNKNOWN-COLUMN"]);
  });

  test("name a table that was dropped, and not one that a view still holds", () => {
    expect(codes(`${clicks} DROP TABLE clicks; SELECT page FROM clicks;`)).toEqual(["UNKNOWN-TABLE"]);
    expect(codes(`${clicks} CREATE VIEW v AS SELECT page FROM clicks; DROP TABLE clicks; SELECT page FROM v;`)).toEqual(
      [],
    );
  });

  test("refuse whole ROW values, and take their fields through subqueries", () => {
    expect(codes(`${clicks} SELECT * FROM clicks;`)).toEqual(["NOT-SUPPORTED"]);
    expect(codes(`${clicks} SELECT x.id FROM (SELECT \`user\` AS x FROM clicks);`)).toEqual([]);
  });
});

describe("hostile text", () => {
  test("with names of the prototype is text like any other", () => {
    const text = `CREATE TABLE \`__proto__\` (\`constructor\` BIGINT, \`__proto__\` STRING) WITH ('connector' = 'datagen');
      SELECT \`constructor\`, \`__proto__\`.\`__proto__\` FROM \`__proto__\`;
      SELECT valueOf(1), toString(1), \`hasOwnProperty\` FROM \`__proto__\`;
      SET '__proto__' = 'x'; SET 'constructor' = 'y';
      CREATE TABLE t (a INT) WITH ('connector' = '__proto__');
      CREATE TABLE u (a \`__proto__\`) WITH ('connector' = 'print', 'toString' = 'x', '__proto__' = 'y');`;
    const wanted = [
      "UNKNOWN-FUNCTION",
      "UNKNOWN-FUNCTION",
      "UNKNOWN-COLUMN",
      "UNKNOWN-SETTING",
      "UNKNOWN-SETTING",
      "UNKNOWN-CONNECTOR",
    ];
    expect(codes(text).slice(0, wanted.length)).toEqual(wanted);
  });

  test("that doubles in every view is refused, not computed", () => {
    const views = Array.from({ length: 60 }, (_, i) => `CREATE VIEW v${i + 1} AS SELECT x + x AS x FROM v${i};`);
    const text = `CREATE TABLE t (x BIGINT) WITH ('connector' = 'datagen'); CREATE VIEW v0 AS SELECT x FROM t; ${views.join(" ")}`;
    expect(codes(text)).toEqual(["TOO-COMPLEX"]);
  });

  test("that grows deep through views is refused before it is too deep", () => {
    const sum = `x${" + 1".repeat(90)}`;
    const views = Array.from({ length: 90 }, (_, i) => `CREATE VIEW v${i + 1} AS SELECT ${sum} AS x FROM v${i};`);
    const text = `CREATE TABLE t (x BIGINT) WITH ('connector' = 'datagen'); CREATE VIEW v0 AS SELECT x FROM t; ${views.join(" ")}`;
    expect(codes(text)).toEqual(["TOO-COMPLEX"]);
  });

  test("of long lists and chains is planned", () => {
    const values = Array.from({ length: 3000 }, (_, i) => i).join(", ");
    const chain = Array.from({ length: 900 }, (_, i) => `user_id = ${i}`).join(" OR ");
    const text = `${clicks} SELECT page FROM clicks WHERE user_id IN (${values}); SELECT page FROM clicks WHERE ${chain};`;
    expect(planned(text).queries.length).toBe(2);
  });
});

describe("explain", () => {
  test("is the same text for the same plan, and hides secrets", () => {
    const text = `${clicks.replace("'format'", "'properties.sasl.jaas.config' = 'hunter2', 'format'")} ${counting("COUNT(*) AS n")}`;
    expect(explainPlan(planned(text))).toBe(explainPlan(planned(text)));
    expect(planText(text)).not.toContain("hunter2");
    expect(planText(text)).toContain("'properties.sasl.jaas.config' = ***");
  });
});
