import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { StatementGrammar } from "../../src/sql/grammar-statement.ts";
import { MAX_ERRORS, MAX_NESTING, MAX_TREE_DEPTH } from "../../src/sql/limits.ts";
import { parse } from "../../src/sql/parse.ts";
import type { Expression, Statement } from "../../src/sql/tree.ts";
import { nodesOf } from "./tree-walk.ts";

function only(text: string): Statement {
  const { statements, errors } = parse(text);
  expect(errors).toEqual([]);
  expect(statements).toHaveLength(1);
  return statements[0] as Statement;
}

function expressionOf(text: string): Expression {
  const statement = only(`SELECT ${text}`);
  if (statement.kind !== "query" || statement.query.kind !== "select") throw new Error("not a select");
  return statement.query.items[0]?.expression as Expression;
}

/** Of the first error: the text it points at and what it says. */
function firstError(text: string): { at: string; message: string; code: string; hint: string | null } {
  const error = parse(text).errors[0];
  if (error === undefined) throw new Error(`no error in: ${text}`);
  const { span, message, code, hint } = error;
  return { at: text.slice(span.start, span.end), message, code, hint };
}

describe("grammar", () => {
  test("has no ambiguity, left recursion or empty loop that Chevrotain can find", () => {
    expect(() => new StatementGrammar({ validate: true })).not.toThrow();
  });
});

describe("statements", () => {
  test("end at semicolons, not at those in strings, names and comments", () => {
    const { statements, errors } = parse("SELECT ';' AS `a;b` -- ;\n; /* ; */ ;; SELECT 2;");
    expect(errors).toEqual([]);
    expect(statements.map(({ kind }) => kind)).toEqual(["query", "query"]);
  });

  test("an empty text, blanks and comments hold none", () => {
    for (const text of ["", "  \n", "-- x", "/* x */", ";", "\ufeff"]) {
      expect(parse(text)).toEqual({ statements: [], errors: [] });
    }
  });

  test("a byte order mark, no-break spaces and \\r\\n are blanks", () => {
    expect(only("\ufeffSELECT\u00a01\r\n").kind).toBe("query");
  });

  test("the span of a statement goes from its first to its last token", () => {
    const text = " SELECT a FROM t ; DROP TABLE t;";
    const spans = parse(text).statements.map(({ span }) => text.slice(span.start, span.end));
    expect(spans).toEqual(["SELECT a FROM t", "DROP TABLE t"]);
  });

  test("a statement with an error is left out, those around it are kept", () => {
    const { statements, errors } = parse("SELECT 1; SELECT FROM t; SELECT 2; CREATE TABLE t (a); DROP TABLE t");
    expect(statements.map(({ kind }) => kind)).toEqual(["query", "query", "drop"]);
    expect(errors).toHaveLength(2);
  });

  test("the examples parse", () => {
    const folder = join(import.meta.dir, "../../examples");
    const names = readdirSync(folder).filter((name) => name.endsWith(".sql"));
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) expect(parse(readFileSync(join(folder, name), "utf8")).errors).toEqual([]);
  });

  const lesson = join(import.meta.dir, "../../../shared/reference/lesson.txt");
  const lessonReason = existsSync(lesson) ? "" : ` (left out: ${lesson} is not there)`;
  test.skipIf(lessonReason !== "")(`the lesson's statements parse as they stand there${lessonReason}`, () => {
    const blocks = [...readFileSync(lesson, "utf8").matchAll(/execute_sql\("""([\s\S]*?)"""\)/g)];
    const kinds = blocks.map((block) => only(block[1] ?? "").kind);
    expect(kinds).toEqual(["createTable", "createTable", "insert", "query"]);
  });
});

describe("names and literals", () => {
  test("names keep their case, keywords have none", () => {
    expect(expressionOf("Page")).toMatchObject({ kind: "column", name: { parts: [{ name: "Page", quoted: false }] } });
    expect(only("select a from T").kind).toBe("query");
  });

  test("back ticks quote any name and are doubled inside", () => {
    expect(expressionOf("`a``b select`")).toMatchObject({ name: { parts: [{ name: "a`b select", quoted: true }] } });
  });

  test("numbers keep their digits", () => {
    for (const text of ["0", "9223372036854775808", "1.50", ".5", "1.", "1e3", "1.5E-30"]) {
      expect(expressionOf(text)).toMatchObject({ kind: "number", text });
    }
  });

  test("a doubled quote is one quote, everything else stands for itself", () => {
    expect(expressionOf("'it''s \\n 漢字\t'")).toMatchObject({ kind: "string", value: "it's \\n 漢字\t" });
  });

  test("words that open a literal are names where no literal follows", () => {
    expect(expressionOf("DATE '2024-01-01'").kind).toBe("temporal");
    expect(expressionOf("date").kind).toBe("column");
    expect(expressionOf("timestamp - INTERVAL '5' SECOND")).toMatchObject({ left: { kind: "column" } });
    expect(expressionOf("interval + 1")).toMatchObject({ left: { kind: "column" } });
    expect(expressionOf("count(*)")).toMatchObject({ kind: "call", star: true });
    expect(expressionOf("count")).toMatchObject({ kind: "column" });
  });

  test("reserved words need back ticks, and the error says so", () => {
    for (const word of ["order", "group", "from", "end", "table", "values"]) {
      expect(firstError(`CREATE TABLE t (${word} INT)`).hint).toContain(`\`${word}\``);
      expect(only(`CREATE TABLE t (\`${word}\` INT)`).kind).toBe("createTable");
    }
  });

  test("units of intervals may be plural", () => {
    expect(expressionOf("INTERVAL '5' MINUTES")).toMatchObject({ from: "MINUTE", to: null });
    expect(expressionOf("INTERVAL -'1-2' years TO months")).toMatchObject({
      from: "YEAR",
      to: "MONTH",
      negative: true,
    });
  });
});

describe("ORDER BY and LIMIT", () => {
  test("belong to a plain SELECT itself", () => {
    const statement = only("SELECT a FROM t ORDER BY a LIMIT 3");
    expect(statement).toMatchObject({
      query: { kind: "select", orderBy: [{ descending: false }], limit: { text: "3" } },
    });
  });

  test("behind a UNION belong to all of it", () => {
    const statement = only("SELECT a FROM t UNION ALL SELECT b FROM u ORDER BY a LIMIT 3");
    expect(statement).toMatchObject({
      query: {
        kind: "select",
        items: [{ expression: { kind: "star" } }],
        from: { kind: "subquery", query: { kind: "union", all: true } },
        limit: { text: "3" },
      },
    });
  });
});

describe("spans", () => {
  const text = readFileSync(join(import.meta.dir, "../golden/parse/queries.sql"), "utf8");

  test("of columns, names and literals are their text", () => {
    let seen = 0;
    for (const { node } of parse(text).statements.flatMap(nodesOf)) {
      const written = text.slice(node.span.start, node.span.end);
      const leaf = node as Partial<Record<"name" | "quoted" | "text" | "value", unknown>>;
      if ("quoted" in node) expect(written.replaceAll("`", "")).toBe(leaf.name as string);
      else if (node.kind === "number") expect(written).toBe(leaf.text as string);
      else if (node.kind === "string") expect(written).toBe(`'${leaf.value as string}'`);
      else continue;
      seen++;
    }
    expect(seen).toBeGreaterThan(100);
  });

  test("of an operation start at the parenthesis of its left side", () => {
    const source = "SELECT (a + b) * (c - d)";
    const statement = only(source);
    const operations = nodesOf(statement).filter(({ node }) => node.kind === "binaryOperation");
    const written = operations.map(({ node }) => source.slice(node.span.start, node.span.end));
    expect(written.sort()).toEqual(["(a + b) * (c - d)", "a + b", "c - d"]);
  });
});

describe("errors", () => {
  test("name what was found and what was expected", () => {
    expect(firstError("CREATE TABLE t (a, b INT)")).toMatchObject({
      at: ",",
      message: "expected a type after the column name, found ','",
    });
    expect(firstError("SELECT a FROM")).toMatchObject({
      at: "",
      message: "expected a table, a table function or a query in parentheses, found the end of the statement",
    });
  });

  test("point at the word that was misspelt, even where it could have been an alias", () => {
    expect(firstError("SELECT a FORM t")).toMatchObject({ at: "FORM", hint: "did you mean 'FROM'?" });
    expect(firstError("SELECT a FROM t WEHRE a > 1")).toMatchObject({ at: "WEHRE", hint: "did you mean 'WHERE'?" });
    expect(firstError("SELECT INTERVAL '1' HUOR")).toMatchObject({ at: "HUOR", hint: "did you mean 'HOUR'?" });
    expect(firstError("INSRET INTO t SELECT 1")).toMatchObject({ at: "INSRET", hint: "did you mean 'INSERT'?" });
  });

  test("of one CREATE TABLE are all found", () => {
    const { errors } = parse("CREATE TABLE t (a, b INT, c FOO BAR, d AS, e INT) WITH ('a' 'b', 'c' = 'd', e = 'f')");
    expect(errors).toHaveLength(5);
  });

  test("of one SELECT list are all found", () => {
    expect(parse("SELECT a b c, d +, f(, g FROM t").errors).toHaveLength(3);
  });

  test("a forgotten semicolon is named, and what follows is read", () => {
    const { statements, errors } = parse("CREATE TABLE t (a INT)\nCREATE TABLE u (b INT);\nSELECT 1");
    expect(errors.map(({ message }) => message)).toEqual(["expected ';' before 'CREATE'"]);
    expect(statements.map(({ kind }) => kind)).toEqual(["createTable", "createTable", "query"]);
  });

  test("in the order of the text", () => {
    const starts = parse("SELECT FROM; SELECT ?; SELECT 1 2; CREATE TABLE t (a PRIMARY KEY, b)").errors.map(
      (e) => e.span.start,
    );
    expect(starts).toEqual([...starts].sort((a, b) => a - b));
    expect(starts.length).toBeGreaterThan(3);
  });

  test("are told up to a bound, whatever the text is made of", () => {
    const texts = ["?;", "x;", "CREATE\n", "CREATE TABLE t (a INT)\n", "'x;\n"];
    const lists = [
      `SELECT ${",".repeat(5000)}`,
      `CREATE TABLE t (${"a,".repeat(5000)})`,
      `SELECT ${"? ".repeat(5000)}`,
    ];
    for (const text of [...texts.map((part) => part.repeat(5001)), ...lists]) {
      const { errors } = parse(text);
      expect(errors.length).toBeLessThanOrEqual(MAX_ERRORS + 1);
      if (errors.length > MAX_ERRORS) expect(errors.at(-1)?.code).toBe("TOO-MANY-ERRORS");
    }
  });

  test("a string that is not closed costs its line, not the text", () => {
    const { statements, errors } = parse("SELECT 1;\nSELECT 'abc FROM t;\nSELECT 2;");
    expect(errors.map(({ code }) => code)).toEqual(["UNTERMINATED-STRING"]);
    expect(statements).toHaveLength(1);
  });
});

describe("nesting", () => {
  const repeat = (open: string, inner: string, close: string, times: number): string =>
    open.repeat(times) + inner + close.repeat(times);
  const forms: readonly [name: string, text: (times: number) => string][] = [
    ["parentheses", (n) => `SELECT ${repeat("(", "1", ")", n)}`],
    ["unclosed parentheses", (n) => `SELECT ${"(".repeat(n)}`],
    ["subqueries", (n) => `SELECT * FROM ${repeat("(SELECT * FROM ", "t", ")", n)}`],
    ["queries in parentheses", (n) => repeat("(", "SELECT 1", ")", n)],
    ["NOT", (n) => `SELECT ${"NOT ".repeat(n)}a`],
    ["signs", (n) => `SELECT ${"- ".repeat(n)}a`],
    ["CASE", (n) => `SELECT ${repeat("CASE WHEN a THEN ", "1", " END", n)}`],
    ["calls", (n) => `SELECT ${repeat("f(", "1", ")", n)}`],
    ["elements", (n) => `SELECT ${repeat("a[", "1", "]", n)}`],
    ["types", (n) => `CREATE TABLE t (a ${repeat("ARRAY<", "INT", ">", n)})`],
    ["rows", (n) => `CREATE TABLE t (a ${repeat("ROW<a ", "INT", ">", n)})`],
    ["joins", (n) => `SELECT * FROM ${repeat("(", "a", " JOIN b ON TRUE)", n)}`],
  ];

  for (const [name, text] of forms) {
    test(`10,000 levels of ${name} are an error, 30 are none`, () => {
      expect(parse(text(10_000)).errors[0]?.code).toBe("TOO-DEEP");
      const small = parse(text(30)).errors;
      if (name === "unclosed parentheses") expect(small[0]?.code).toBe("SYNTAX");
      else expect(small).toEqual([]);
    });

    test(`as many levels of ${name} as are allowed fit the stack`, () => {
      expect(() => parse(text(MAX_NESTING - 1))).not.toThrow();
    });
  }

  test("an error about nesting does not hide the next statement", () => {
    const { statements, errors } = parse(`SELECT ${"(".repeat(10_000)}; SELECT 1`);
    expect(errors).toHaveLength(1);
    expect(statements).toHaveLength(1);
  });

  test("chains of operators are trees that must not be too deep either", () => {
    const chain = (n: number): string => `SELECT ${Array.from({ length: n }, () => "a").join(" + ")}`;
    expect(parse(chain(MAX_TREE_DEPTH - 100)).errors).toEqual([]);
    expect(parse(chain(20_000)).errors.map(({ code }) => code)).toEqual(["TOO-DEEP"]);
  });

  test("long lists are not deep", () => {
    const list = Array.from({ length: 20_000 }, (_, i) => i).join(", ");
    expect(parse(`SELECT ${list} FROM t WHERE a IN (${list})`).errors).toEqual([]);
  });
});
