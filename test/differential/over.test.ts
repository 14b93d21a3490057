/**
 * OVER and ranks against DuckDB's window functions: random partitions, frames and calls over random rows, on the rows of a table, on
 * results of windows, and as changes. No row is late here, so that every row stands in both. Equal seeds give equal scripts.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { CellValue } from "../../src/core/value.ts";
import { applied } from "../engine/changelog.ts";
import { runSimulated } from "../engine/run-simulated.ts";
import { SimulatedSource } from "../engine/simulated-source.ts";
import { Dice } from "./dice.ts";
import { DuckDb } from "./duckdb.ts";

const SEEDS = 40 * Number(process.env.MILLRACE_PROPERTY ?? 1);
const FIRST = Number(process.env.MILLRACE_SEED ?? 0);
const START = 1_714_521_600_000;
const table = `CREATE TABLE t (id BIGINT, g BIGINT, v BIGINT, s STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '9' SECOND)
  WITH ('connector' = 'filesystem', 'path' = 'simulated', 'format' = 'json');
CREATE VIEW w AS SELECT window_start, window_end, window_time, g, COUNT(*) AS n, SUM(v) AS sv, MAX(s) AS ms
  FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end, window_time, g;`;
const duckWindows = `CREATE VIEW w AS SELECT time_ms - time_ms % 10000 + 9999 AS time_ms, g, count(*) AS n, CAST(sum(v) AS BIGINT) AS sv, max(s) AS ms
  FROM t GROUP BY ALL`;

interface Row {
  readonly id: number;
  readonly g: number | null;
  readonly v: number | null;
  readonly s: string | null;
  readonly timeMs: number;
}

function rowsOf(dice: Dice): Row[] {
  let now = START;
  const step = dice.pick([1, 20, 400]);
  const tick = dice.pick([1, 50, 1000]);
  const groups = dice.between(1, 12);
  return Array.from({ length: dice.between(1, 900) }, (_, id) => {
    now += dice.below(step);
    return {
      id,
      g: dice.chance(0.1) ? null : dice.below(groups),
      v: dice.chance(0.15) ? null : dice.between(-50, 50),
      s: dice.chance(0.15) ? null : `${"x".repeat(dice.below(20))}${dice.below(30)}`,
      timeMs: Math.floor((now - dice.below(8000)) / tick) * tick,
    };
  });
}

const quoted = (value: number | string | null): string =>
  value === null ? "NULL" : typeof value === "number" ? String(value) : `'${value}'`;

interface Columns {
  readonly number: string;
  readonly text: string;
  /** What ORDER BY says, and what it is in DuckDB: the time alone, and with what tells rows of one time apart. */
  readonly time: string;
  readonly duckTime: string;
  readonly duckOrder: string;
  readonly partitions: readonly string[];
}

interface Call {
  readonly flink: string;
  readonly duck: string;
}

function randomCall(dice: Dice, columns: Columns, partition: string): Call {
  const { number, text, time, duckTime, duckOrder } = columns;
  const over = (order: string, frame: string): string => `OVER (${partition}ORDER BY ${order}${frame})`;
  const kind = dice.pick(["rows", "rows", "range", "range", "lag", "rank"]);
  if (kind === "lag") {
    const call = `LAG(${dice.pick([`${number}, 1`, `${number}, 3, -7`, `${text}, 2, 'none'`])})`;
    return { flink: `${call} ${over(time, "")}`, duck: `${call} ${over(duckOrder, "")}` };
  }
  if (kind === "rank") {
    const name = dice.pick(["ROW_NUMBER", "RANK", "DENSE_RANK"]);
    const order = name === "ROW_NUMBER" ? duckOrder : duckTime;
    return { flink: `${name}() ${over(time, "")}`, duck: `${name}() ${over(order, "")}` };
  }
  const filter = dice.chance(0.2) ? ` FILTER (WHERE ${number} > 0)` : "";
  const argument = dice.pick([number, text]);
  const functions = [
    `COUNT(*)`,
    `COUNT(${argument})`,
    `COUNT(DISTINCT ${argument})`,
    `MIN(${argument})`,
    `MAX(${argument})`,
  ];
  // Doubles are not taken back: their frames are aggregated anew.
  const double = `SUM(CAST(${number} AS DOUBLE))`;
  const made = `${dice.pick([...functions, `SUM(${number})`, double])}${filter}`;
  const duckMade = made.startsWith(`SUM(${number}`) ? `CAST(${made}` : made;
  const end = made.startsWith(`SUM(${number}`) ? " AS BIGINT)" : "";
  if (kind === "range") {
    const ms = dice.pick([0, 500, 5000, 60_000]);
    const bounded = dice.chance(0.6);
    const back = `INTERVAL '${Math.floor(ms / 1000)}.${String(ms % 1000).padStart(3, "0")}' SECOND`;
    const frame = bounded
      ? ` RANGE BETWEEN ${back} PRECEDING AND CURRENT ROW`
      : dice.pick(["", " RANGE UNBOUNDED PRECEDING"]);
    const duckFrame = ` RANGE BETWEEN ${bounded ? ms : "UNBOUNDED"} PRECEDING AND CURRENT ROW`;
    return { flink: `${made} ${over(time, frame)}`, duck: `${duckMade} ${over(duckTime, duckFrame)}${end}` };
  }
  const until = dice.pick([0, 0, 0, 1, 3]);
  const from = until + dice.pick([0, 1, 2, 7, 100]);
  const unbounded = until === 0 && dice.chance(0.3);
  const bounds = `${unbounded ? "UNBOUNDED" : from} PRECEDING AND ${until === 0 ? "CURRENT ROW" : `${until} PRECEDING`}`;
  const frame = ` ROWS BETWEEN ${bounds}`;
  return { flink: `${made} ${over(time, frame)}`, duck: `${duckMade} ${over(duckOrder, frame)}${end}` };
}

const streams: Columns = {
  number: "v",
  text: "s",
  time: "ts",
  duckTime: "time_ms",
  duckOrder: "time_ms, id",
  partitions: ["", "PARTITION BY g ", "PARTITION BY g, v % 3 "],
};
const results: Columns = {
  number: "sv",
  text: "ms",
  time: "window_time",
  duckTime: "time_ms",
  duckOrder: "time_ms, g NULLS FIRST",
  partitions: ["", "PARTITION BY g ", "PARTITION BY n % 2 "],
};

const text = (rows: readonly (readonly unknown[])[]): string[] =>
  rows.map((row) => row.map((cell) => (cell === null ? "NULL" : String(cell))).join(" | ")).sort();

let duck: DuckDb;
beforeAll(async () => {
  duck = await DuckDb.open();
});
afterAll(() => duck.close());

async function load(rows: readonly Row[]): Promise<void> {
  await duck.run("DROP VIEW IF EXISTS w; DROP TABLE IF EXISTS t");
  await duck.run("CREATE TABLE t (id BIGINT, g BIGINT, v BIGINT, s VARCHAR, time_ms BIGINT)");
  const values = rows.map(({ id, g, v, s, timeMs }) => `(${[id, g, v, s, timeMs].map(quoted).join(", ")})`);
  await duck.run(`INSERT INTO t VALUES ${values.join(", ")}`);
  await duck.run(duckWindows);
}

async function ours(rows: readonly Row[], sql: string, maxBatch: number): Promise<CellValue[][]> {
  const records = rows.map(({ timeMs, ...row }) =>
    JSON.stringify({ ...row, ts: new Date(timeMs).toISOString().replace("T", " ").replace("Z", "") }),
  );
  const { sinks, status } = await runSimulated(
    `${table} ${sql};`,
    () => new SimulatedSource([records], { seed: maxBatch, maxBatch }),
  );
  expect(status.queries[0]?.late).toBe(0);
  const [sink] = sinks;
  return sink === undefined ? [] : applied(sink);
}

describe("OVER gives DuckDB's rows", () => {
  test.each(Array.from({ length: SEEDS }, (_, i) => FIRST + i))("seed %p", async (seed) => {
    const dice = new Dice(seed);
    const rows = rowsOf(dice);
    await load(rows);
    const stream = dice.chance(0.6);
    const columns = stream ? streams : results;
    const [name, own] = stream ? ["t", "id, g"] : ["w", "g, n"];
    const shared = dice.pick(columns.partitions);
    const calls = Array.from({ length: dice.between(1, 4) }, () =>
      randomCall(dice, columns, stream ? shared : dice.pick(columns.partitions)),
    );
    const sql = `SELECT ${own}, ${calls.map(({ flink }) => flink).join(", ")} FROM ${name}`;
    const expected = await duck.rows(`SELECT ${own}, ${calls.map((call) => call.duck).join(", ")} FROM ${name}`);
    const found = await ours(rows, sql, dice.pick([1, 30, 2000]));
    if (text(found).join("\n") !== text(expected).join("\n")) console.error(`seed ${seed}: ${sql}`);
    expect(text(found)).toEqual(text(expected));
  });
});

describe("ranks give DuckDB's rows", () => {
  test.each(Array.from({ length: SEEDS }, (_, i) => FIRST + i))("seed %p", async (seed) => {
    const dice = new Dice(seed + 500_000);
    const rows = rowsOf(dice);
    await load(rows);
    const most = dice.pick([1, 2, 5, 30]);
    const name = dice.pick(["ROW_NUMBER", "ROW_NUMBER", "RANK", "DENSE_RANK"]);
    const told = dice.chance(0.5) ? ", rk" : "";
    const item = (): string =>
      `${dice.pick(["v", "s", "g"])} ${dice.pick(["ASC", "DESC"])} NULLS ${dice.pick(["FIRST", "LAST"])}`;
    const order = [item(), ...(dice.chance(0.4) ? [item()] : []), ...(name === "ROW_NUMBER" ? ["id"] : [])].join(", ");
    const windowed = dice.chance(0.5);
    const partition = dice.pick(["", "g"]);
    const keys = [...(windowed ? ["window_start", "window_end"] : []), ...(partition === "" ? [] : [partition])];
    const by = (list: readonly string[]): string => (list.length === 0 ? "" : `PARTITION BY ${list.join(", ")} `);
    const from = windowed ? "TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND))" : "t";
    const sql = `SELECT id, v${told} FROM (SELECT *, ${name}() OVER (${by(keys)}ORDER BY ${order}) AS rk FROM ${from}) WHERE rk <= ${most}`;
    const duckKeys = [...(windowed ? ["time_ms - time_ms % 10000"] : []), ...(partition === "" ? [] : [partition])];
    const expected = await duck.rows(
      `SELECT id, v${told} FROM (SELECT *, ${name}() OVER (${by(duckKeys)}ORDER BY ${order}) AS rk FROM t) WHERE rk <= ${most}`,
    );
    const found = await ours(rows, sql, dice.pick([1, 30, 2000]));
    if (text(found).join("\n") !== text(expected).join("\n")) console.error(`seed ${seed}: ${sql}`);
    expect(text(found)).toEqual(text(expected));
  });
});
