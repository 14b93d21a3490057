/**
 * The same rows in another order inside the bound of lateness, in other partitions, batches and interleavings, read by another number
 * of workers: the final rows are the same. No oracle: every run is held against one with its rows in order of time.
 */
import { expect, test } from "bun:test";
import type { Share } from "../../src/connectors/connector.ts";
import { applied, sorted } from "./changelog.ts";
import { runSimulated } from "./run-simulated.ts";
import { SimulatedSource, seededRandom } from "./simulated-source.ts";

/** With MILLRACE_PROPERTY = 20, as in CI, 2,000. */
const CASES = 100 * Number(process.env.MILLRACE_PROPERTY ?? "1");
const DELAY_MS = 5000;

const TABLE = `CREATE TABLE clicks (user_id BIGINT, page STRING, amount DECIMAL(12, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
  WITH ('connector' = 'filesystem', 'path' = 'simulated', 'format' = 'json');`;
const windowed = (
  window: string,
): string => `SELECT window_start, window_end, page, COUNT(*) AS n, COUNT(DISTINCT user_id) AS users,
  SUM(amount) AS total, MIN(user_id) AS least, APPROX_COUNT_DISTINCT(user_id) AS about, APPROX_PERCENTILE(user_id, 0.9) AS high
  FROM TABLE(${window}) WHERE user_id <> 7 GROUP BY window_start, window_end, page`;
const TUMBLE = "TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '7' SECOND)";

/** Queries whose rows do not go by the order of rows. */
const scripts: readonly string[] = [
  windowed(TUMBLE),
  windowed("HOP(TABLE clicks, DESCRIPTOR(ts), INTERVAL '3' SECOND, INTERVAL '10' SECOND)"),
  windowed("CUMULATE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '20' SECOND)"),
  `SELECT window_start, window_end, page, COUNT(*), SUM(amount), COUNT(DISTINCT user_id)
    FROM TABLE(SESSION(TABLE clicks PARTITION BY page, DESCRIPTOR(ts), INTERVAL '0.4' SECOND)) GROUP BY window_start, window_end, page`,
  `SELECT page, COUNT(*) AS n, SUM(amount) AS total, COUNT(DISTINCT user_id) AS users, MAX(ts) AS last FROM clicks GROUP BY page`,
  `SELECT n, COUNT(*) AS pages FROM (SELECT page, COUNT(*) AS n FROM clicks GROUP BY page) GROUP BY n`,
  `SELECT window_end, page, n, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY n DESC, page) AS rn
    FROM (${windowed(TUMBLE)})) WHERE rn <= 3`,
  `SELECT window_start, page, n, SUM(n) OVER (PARTITION BY page ORDER BY window_start ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS last3 FROM (${windowed(TUMBLE)})`,
  `SELECT a.window_end, a.page, a.n, b.users FROM (${windowed(TUMBLE)}) AS a JOIN (SELECT window_start, window_end, COUNT(DISTINCT user_id) AS users
    FROM TABLE(${TUMBLE}) GROUP BY window_start, window_end) AS b ON a.window_start = b.window_start AND a.window_end = b.window_end`,
  `SELECT window_end, SUM(n) AS n FROM (SELECT window_start, window_end, n FROM (${windowed(TUMBLE)}) UNION ALL SELECT window_start, window_end, n FROM (${windowed(TUMBLE)}))
    GROUP BY window_start, window_end`,
  `SELECT a.user_id, a.ts, b.ts FROM clicks AS a JOIN clicks AS b ON a.user_id = b.user_id AND b.ts BETWEEN a.ts - INTERVAL '1' SECOND AND a.ts + INTERVAL '2' SECOND
    WHERE a.page = '/p/1' AND b.page = '/p/2'`,
  `SELECT user_id, UPPER(page), ts FROM clicks WHERE amount > 10`,
];

interface Row {
  readonly timeMs: number;
  readonly json: string;
}

function randomRows(random: () => number): Row[] {
  let now = 1_714_521_600_000 + Math.floor(random() * 10_000);
  return Array.from({ length: 30 + Math.floor(random() * 300) }, (): Row => {
    now += Math.floor(random() ** 3 * 400);
    const at = new Date(now).toISOString().replace("T", " ").replace("Z", "");
    const page = random() < 0.05 ? "null" : `"/p/${Math.floor(random() * 6)}"`;
    const amount = (Math.floor(random() * 4000) - 500) / 100;
    return {
      timeMs: now,
      json: `{"user_id":${Math.floor(random() * 40)},"page":${page},"amount":${amount},"ts":"${at}"}`,
    };
  });
}

/** In partitions of their own, each in an order in which none is late: what came before it is less than the delay ahead. */
function rearranged(rows: readonly Row[], random: () => number): string[][] {
  const count = 1 + Math.floor(random() * 5);
  const parts = Array.from({ length: count }, (): (Row & { readonly key: number })[] => []);
  for (const row of rows)
    parts[Math.floor(random() * count)]?.push({ ...row, key: row.timeMs + random() * (DELAY_MS - 1) });
  return parts.map((part) => part.sort((a, b) => a.key - b.key).map(({ json }) => json));
}

async function finalRows(
  sql: string,
  records: readonly string[][],
  options: { seed: number; maxBatch: number; workers: number },
) {
  const { workers, ...source } = options;
  const sourceOf = (_: string, share: Share) => new SimulatedSource(records, { ...source, share });
  const { sinks, status } = await runSimulated(`${TABLE} ${sql};`, sourceOf, { workers });
  return { rows: sinks.flatMap((sink) => sorted(applied(sink))), late: status.queries.map(({ late }) => late) };
}

test(`order, partitions, batches and workers leave no trace in final rows (${CASES} cases)`, async () => {
  let rowsSeen = 0;
  for (let seed = 1; seed <= CASES; seed++) {
    const random = seededRandom(seed);
    const sql = scripts[seed % scripts.length] as string;
    const rows = randomRows(random);
    const inOrder = await finalRows(sql, [rows.map(({ json }) => json)], { seed, maxBatch: 5000, workers: 1 });
    rowsSeen += inOrder.rows.length;
    const options = {
      seed: seed * 7,
      maxBatch: [1, 13, 300, 5000][seed % 4] as number,
      workers: [1, 2, 3, 5][Math.floor(random() * 4)] as number,
    };
    const other = await finalRows(sql, rearranged(rows, random), options);
    expect({ ...options, sql, ...other }).toEqual({ ...options, sql, ...inOrder });
  }
  expect(rowsSeen).toBeGreaterThan(CASES * 10);
}, 600_000);
