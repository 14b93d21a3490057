/** UNION ALL of whole jobs: the rows are plain code's, for any batches, interleaving and number of workers. */
import { describe, expect, test } from "bun:test";
import type { Share } from "../../src/connectors/connector.ts";
import type { CellValue } from "../../src/core/value.ts";
import { planText } from "../../src/engine/plan-text.ts";
import type { OracleRow } from "../oracle/windows.ts";
import { applied, sorted } from "./changelog.ts";
import { runSimulated } from "./run-simulated.ts";
import { SimulatedSource } from "./simulated-source.ts";
import { rowJson, windowRows } from "./window-rows.ts";

const tableOf = (name: string): string => `CREATE TABLE ${name} (user_id BIGINT, page STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'filesystem', 'path' = '${name}', 'format' = 'json');`;
const TABLES = `${tableOf("web")} ${tableOf("app")}`;
const seeds = Array.from({ length: 2 * Number(process.env.MILLRACE_PROPERTY ?? "1") }, (_, i) => 1 + i);

interface Rows {
  readonly web: readonly OracleRow[][];
  readonly app: readonly OracleRow[][];
}

const rowsOf = (seed: number): Rows => ({ web: windowRows(seed), app: windowRows(seed + 1000) });

/** What stands in the end, by sink name: all sinks of a query together. */
async function run(sql: string, rows: Rows, seed: number, workers: number): Promise<CellValue[][]> {
  const records = { web: rows.web.map((part) => part.map(rowJson)), app: rows.app.map((part) => part.map(rowJson)) };
  const sourceOf = (table: string, share: Share) =>
    new SimulatedSource(records[table as keyof Rows], { seed, maxBatch: [7, 600, 5000][seed % 3] ?? 1, share });
  const { sinks } = await runSimulated(`${TABLES} ${sql};`, sourceOf, { workers });
  return sinks.flatMap((sink) => applied(sink));
}

function countBy(rows: readonly OracleRow[]): CellValue[][] {
  const counts = new Map<string | null, bigint>();
  for (const { key } of rows) counts.set(key, (counts.get(key) ?? 0n) + 1n);
  return [...counts];
}

const known = ({ user }: OracleRow): boolean => user !== null;
const late = (partition: readonly OracleRow[]): OracleRow[] => {
  let watermark = Number.NEGATIVE_INFINITY;
  return partition.filter(({ timeMs }) => {
    const end = Math.floor((timeMs ?? 0) / 10_000) * 10_000 + 10_000;
    const isLate = watermark >= end - 1;
    watermark = Math.max(watermark, (timeMs ?? 0) - 5000);
    return !isLate;
  });
};

function windowSums({ web, app }: Rows): CellValue[][] {
  const counts = new Map<number, bigint>();
  for (const { timeMs } of [...web, ...app].flatMap(late)) {
    const end = Math.floor((timeMs ?? 0) / 10_000) * 10_000 + 10_000;
    counts.set(end, (counts.get(end) ?? 0n) + 1n);
  }
  return [...counts].map(([end, count]) => [BigInt(end) * 1000n, count]);
}

const perWindow = (table: string): string => `SELECT window_start, window_end, COUNT(*) AS n
  FROM TABLE(TUMBLE(TABLE ${table}, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end`;

const cases: Readonly<Record<string, { readonly sql: string; readonly rows: (rows: Rows) => CellValue[][] }>> = {
  "two tables": {
    sql: "SELECT user_id, page FROM web WHERE user_id IS NOT NULL UNION ALL SELECT user_id + 1, UPPER(page) FROM app",
    rows: ({ web, app }) => [
      ...web
        .flat()
        .filter(known)
        .map(({ user, key }) => [user, key]),
      ...app.flat().map(({ user, key }) => [user === null ? null : user + 1n, key?.toUpperCase() ?? null]),
    ],
  },
  "one table twice, under a condition": {
    sql: "SELECT p, t FROM (SELECT page AS p, 'all' AS t, user_id AS u FROM web UNION ALL SELECT page, 'again', user_id FROM web) WHERE u IS NOT NULL AND t <> p",
    rows: ({ web }) =>
      ["all", "again"].flatMap((t) =>
        web
          .flat()
          .filter((row) => known(row) && row.key !== null)
          .map(({ key }) => [key, t]),
      ),
  },
  "three, grouped": {
    sql: "SELECT page, COUNT(*) FROM (SELECT page FROM web UNION ALL SELECT page FROM app WHERE user_id IS NOT NULL UNION ALL SELECT page FROM web) GROUP BY page",
    rows: ({ web, app }) => countBy([...web.flat(), ...web.flat(), ...app.flat().filter(known)]),
  },
  "distinct rows": {
    sql: "SELECT DISTINCT page FROM (SELECT page FROM web UNION ALL SELECT page FROM app)",
    rows: ({ web, app }) => countBy([...web.flat(), ...app.flat()]).map(([key]) => [key as CellValue]),
  },
  "rows that are distinct by UNION": {
    sql: "SELECT page, 1 AS n FROM web UNION SELECT page, 2 FROM app",
    rows: ({ web, app }) =>
      [web, app].flatMap((rows, i) => countBy(rows.flat()).map(([key]) => [key as CellValue, i + 1])),
  },
  "results of windows, by their window": {
    sql: `SELECT window_end, SUM(n) FROM (${perWindow("web")} UNION ALL ${perWindow("app")}) GROUP BY window_start, window_end`,
    rows: windowSums,
  },
  "a join of a union": {
    sql: `SELECT u.page, COUNT(*) FROM (SELECT page, user_id FROM web WHERE user_id < 9007199254741100 UNION ALL SELECT page, user_id FROM app WHERE user_id < 9007199254741100) AS u
      JOIN (SELECT DISTINCT user_id FROM web WHERE user_id < 9007199254741050) AS w ON u.user_id = w.user_id GROUP BY u.page`,
    rows: ({ web, app }) => {
      const users = new Set(
        web.flat().flatMap(({ user }) => (user !== null && user < 9007199254741050n ? [user] : [])),
      );
      return countBy([...web.flat(), ...app.flat()].filter(({ user }) => user !== null && users.has(user)));
    },
  },
};

describe("UNION ALL", () => {
  for (const [name, { sql, rows: expected }] of Object.entries(cases)) {
    test(`of ${name} (${seeds.length} seeds)`, async () => {
      for (const seed of seeds) {
        const rows = rowsOf(seed);
        const wanted = sorted(expected(rows));
        expect(wanted.length).toBeGreaterThan(0);
        for (const workers of [1, 3]) {
          const got = sorted(await run(sql, rows, seed, workers));
          expect({ seed, workers, rows: got }).toEqual({ seed, workers, rows: wanted });
        }
      }
    }, 600_000);
  }

  test("of one name, type and nullability for all branches", () => {
    const { plan } = planText({
      text: `${TABLES} SELECT 1 AS a, 'x' AS b FROM web UNION ALL SELECT user_id, page FROM app;`,
      settings: {},
    });
    const [first, second] = plan?.queries ?? [];
    expect(first?.root.schema.fields).toEqual([
      { name: "a", type: { kind: "bigint" }, nullable: true },
      { name: "b", type: { kind: "string" }, nullable: true },
    ]);
    expect(second?.root.schema).toEqual(first?.root.schema as never);
    expect([first?.part, second?.part, first?.label, second?.label]).toEqual([
      undefined,
      1,
      "select 1, part 1",
      "select 1, part 2",
    ]);
  });

  const refused: readonly (readonly [sql: string, code: string, message: string])[] = [
    [
      "SELECT page FROM web UNION ALL SELECT page, user_id FROM app",
      "COLUMN-COUNT",
      "the queries of UNION ALL have 1 and 2 columns",
    ],
    [
      "SELECT page FROM web UNION ALL SELECT ts FROM app",
      "TYPE-MISMATCH",
      'column "page" of UNION ALL mixes STRING and TIMESTAMP(3)',
    ],
    [
      "SELECT COUNT(*) FROM web UNION ALL SELECT user_id FROM app",
      "NOT-SUPPORTED",
      "UNION ALL of rows that change is not part of this release",
    ],
    [
      "SELECT COUNT(*) FROM TABLE(TUMBLE(TABLE u, DESCRIPTOR(ts), INTERVAL '1' SECOND)) GROUP BY window_start, window_end",
      "NOT-SUPPORTED",
      "a window over UNION ALL is not part of this release",
    ],
  ];
  test.each(refused)("%s is refused", (sql, code, message) => {
    const view = "CREATE VIEW u AS SELECT ts FROM web UNION ALL SELECT ts FROM app;";
    const [error] = planText({ text: `${TABLES} ${view} ${sql};`, settings: {} }).errors;
    expect([error?.code, error?.message]).toEqual([code, message]);
  });
});
