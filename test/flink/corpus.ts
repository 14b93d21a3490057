/** Queries that give the same rows in Millrace and in Flink, over `clicks` and `looks`. */
import { Dice } from "../differential/dice.ts";
import type { SharedTable } from "./both.ts";

const BEGIN = Date.UTC(2024, 4, 1, 12);
const DELAY_MS = 5000;
const time = (ms: number): string => new Date(BEGIN + ms).toISOString().slice(0, -1).replace("T", " ");

/** Out of order, but never by more than the watermark's delay. */
function clicksOf(seed: number, rows: number): string[] {
  const dice = new Dice(seed);
  let at = 0;
  return Array.from({ length: rows }, (_, id) => {
    at += dice.pick([0, 7, 400, 1500, 9000]);
    if (dice.chance(0.02)) at += 120_000;
    const ts = time(Math.max(0, at - dice.below(DELAY_MS)));
    return JSON.stringify({
      id,
      page: dice.chance(0.05) ? null : dice.pick(["/home", "/cart", "/Ä", "/a b", ""]),
      user: dice.below(6),
      amount: dice.chance(0.1) ? null : `${dice.below(2000) - 500}.${String(dice.below(100)).padStart(2, "0")}`,
      score: dice.chance(0.1) ? null : dice.below(1_000_000) / 1024,
      ts,
    });
  });
}

export const clicks: SharedTable = {
  name: "clicks",
  columns: `id INT, page STRING, \`user\` INT, amount DECIMAL(10, 2), score DOUBLE, ts TIMESTAMP(3),
    WATERMARK FOR ts AS ts - INTERVAL '5' SECOND`,
  records: clicksOf(1, 300),
};

export const looks: SharedTable = { ...clicks, name: "looks", records: clicksOf(2, 150) };

const tumble = "TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '1' MINUTE))";
const tumbleLooks = tumble.replace("clicks", "looks");
const hop = "TABLE(HOP(TABLE clicks, DESCRIPTOR(ts), INTERVAL '20' SECOND, INTERVAL '1' MINUTE))";
const cumulate = "TABLE(CUMULATE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '30' SECOND, INTERVAL '2' MINUTE))";
const session = "TABLE(SESSION(TABLE clicks PARTITION BY `user`, DESCRIPTOR(ts), INTERVAL '10' SECOND))";
const sums =
  "COUNT(*) AS n, COUNT(page) AS pages, SUM(id) AS s, AVG(id) AS a, MIN(amount) AS least, MAX(amount) AS most, SUM(amount) AS total, AVG(amount) AS mean, SUM(score) AS scores, AVG(score) AS average";

function windowed(window: string, more = "`user`"): string {
  return `SELECT window_start, window_end, ${more}, ${sums} FROM ${window} GROUP BY window_start, window_end, ${more}`;
}

const perPage = `SELECT window_start, window_end, window_time, page, COUNT(*) AS n FROM ${tumble} GROUP BY window_start, window_end, window_time, page`;
const over = (frame: string, call = "SUM(id)"): string =>
  `SELECT id, ts, \`user\`, ${call} OVER (PARTITION BY \`user\` ORDER BY ts ${frame}) AS o FROM clicks`;

export const windows: Readonly<Record<string, string>> = {
  tumble: windowed(tumble),
  "tumble, no key": `SELECT window_start, window_end, ${sums} FROM ${tumble} GROUP BY window_start, window_end`,
  "tumble, NULL as key": windowed(tumble, "page"),
  hop: windowed(hop),
  cumulate: windowed(cumulate),
  session: windowed(session),
  "session without a key": `SELECT window_start, window_end, COUNT(*) FROM TABLE(SESSION(TABLE clicks, DESCRIPTOR(ts), INTERVAL '4' SECOND)) GROUP BY window_start, window_end`,
  "bare tumble": `SELECT id, window_start, window_end, window_time FROM ${tumble}`,
  "GROUP BY TUMBLE": `SELECT TUMBLE_START(ts, INTERVAL '1' MINUTE), TUMBLE_END(ts, INTERVAL '1' MINUTE), TUMBLE_ROWTIME(ts, INTERVAL '1' MINUTE), page, COUNT(*) FROM clicks GROUP BY TUMBLE(ts, INTERVAL '1' MINUTE), page`,
  "GROUP BY HOP": `SELECT HOP_START(ts, INTERVAL '20' SECOND, INTERVAL '1' MINUTE), HOP_ROWTIME(ts, INTERVAL '20' SECOND, INTERVAL '1' MINUTE), page, SUM(amount) FROM clicks GROUP BY HOP(ts, INTERVAL '20' SECOND, INTERVAL '1' MINUTE), page`,
  "GROUP BY SESSION": `SELECT SESSION_START(ts, INTERVAL '10' SECOND), SESSION_END(ts, INTERVAL '10' SECOND), \`user\`, COUNT(*) FROM clicks GROUP BY SESSION(ts, INTERVAL '10' SECOND), \`user\``,
  distinct: `SELECT window_start, window_end, COUNT(DISTINCT page), COUNT(DISTINCT \`user\`) FILTER (WHERE id > 50), SUM(DISTINCT \`user\`) FROM ${tumble} GROUP BY window_start, window_end`,
  "first, last and list": `SELECT window_start, window_end, FIRST_VALUE(page), LAST_VALUE(page), LISTAGG(page, '|'), FIRST_VALUE(amount), LAST_VALUE(id) FROM ${tumble} GROUP BY window_start, window_end`,
  variance: `SELECT window_start, window_end, VAR_POP(score), VAR_SAMP(score), STDDEV_POP(score), STDDEV_SAMP(score) FROM ${tumble} GROUP BY window_start, window_end`,
  having: `${windowed(hop)} HAVING COUNT(*) > 2 AND SUM(amount) > 0`,
  "windows of windows": `SELECT window_start, window_end, SUM(n) FROM TABLE(TUMBLE(TABLE per_page_times, DESCRIPTOR(w), INTERVAL '5' MINUTE)) GROUP BY window_start, window_end`,
  "the most of a window": `SELECT window_start, window_end, MAX(n) FROM per_page GROUP BY window_start, window_end`,
};

export const ranked: Readonly<Record<string, string>> = {
  "top of a window": `SELECT * FROM (SELECT window_start, window_end, page, n, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY n DESC, page) AS rn FROM per_page) WHERE rn <= 2`,
  "top of a bare window": `SELECT id, window_end, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end, \`user\` ORDER BY amount DESC, id) AS rn FROM ${tumble}) WHERE rn <= 2`,
  "first of a key": `SELECT id, \`user\`, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY \`user\` ORDER BY ts) AS rn FROM clicks) WHERE rn = 1`,
  "last of a key": `SELECT \`user\`, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY \`user\` ORDER BY ts DESC) AS rn FROM clicks) WHERE rn = 1`,
  "top of a key": `SELECT \`user\`, id, amount, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY \`user\` ORDER BY amount DESC, id) AS rn FROM clicks) WHERE rn <= 3`,
  "top of counts": `SELECT page, n, rn FROM (SELECT page, n, ROW_NUMBER() OVER (ORDER BY n DESC, page) AS rn FROM (SELECT page, COUNT(*) AS n FROM clicks GROUP BY page)) WHERE rn <= 3`,
  "NULL first ascending": `SELECT id, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY \`user\` ORDER BY amount, id) AS rn FROM clicks) WHERE rn <= 3`,
  "first of a key in a window": `SELECT id, \`user\`, window_end FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end, \`user\` ORDER BY ts) AS rn FROM ${tumble}) WHERE rn = 1`,
};

export const frames: Readonly<Record<string, string>> = {
  "rows before": over("ROWS BETWEEN 3 PRECEDING AND CURRENT ROW"),
  "all rows before": over("ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"),
  "a range": over("RANGE BETWEEN INTERVAL '10' SECOND PRECEDING AND CURRENT ROW"),
  "all before in time": over("RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"),
  "no frame": over(""),
  "counts in a range": over("RANGE BETWEEN INTERVAL '1' MINUTE PRECEDING AND CURRENT ROW", "COUNT(amount)"),
  "average of rows": over("ROWS BETWEEN 5 PRECEDING AND CURRENT ROW", "AVG(amount)"),
  "least of rows": over("ROWS BETWEEN 5 PRECEDING AND CURRENT ROW", "MIN(score)"),
  lag: over("", "LAG(id)"),
  "lag by two, with a default": over("", "LAG(id, 2, -1)"),
  ranks: over("", "RANK()"),
  "dense ranks": over("", "DENSE_RANK()"),
  "row numbers": over("", "ROW_NUMBER()"),
  "first of rows": over("ROWS BETWEEN 3 PRECEDING AND CURRENT ROW", "FIRST_VALUE(page)"),
  "last of rows": over("ROWS BETWEEN 3 PRECEDING AND CURRENT ROW", "LAST_VALUE(page)"),
  "distinct in rows": over("ROWS BETWEEN 10 PRECEDING AND CURRENT ROW", "COUNT(DISTINCT page)"),
  "without PARTITION BY": "SELECT id, SUM(id) OVER (ORDER BY ts) FROM clicks",
  "over results": `SELECT window_time, page, n, SUM(n) OVER (PARTITION BY page ORDER BY window_time ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS o FROM per_page`,
};

export const joins: Readonly<Record<string, string>> = {
  "by time": `SELECT c.id, v.id FROM clicks AS c JOIN looks AS v ON c.\`user\` = v.\`user\` AND v.ts BETWEEN c.ts - INTERVAL '10' SECOND AND c.ts + INTERVAL '5' SECOND`,
  "by time, left": `SELECT c.id, v.id FROM clicks AS c LEFT JOIN looks AS v ON c.\`user\` = v.\`user\` AND c.page = v.page AND v.ts BETWEEN c.ts - INTERVAL '10' SECOND AND c.ts + INTERVAL '5' SECOND`,
  "by time, full": `SELECT c.id, v.id FROM clicks AS c FULL JOIN looks AS v ON c.page = v.page AND v.ts BETWEEN c.ts AND c.ts + INTERVAL '3' SECOND`,
  "of rows":
    "SELECT c.id, v.id FROM clicks AS c JOIN looks AS v ON c.page = v.page AND c.`user` = v.`user` AND v.id < 40",
  "of windows": `SELECT L.id, R.id, L.window_end FROM (SELECT * FROM ${tumble}) AS L JOIN (SELECT * FROM ${tumbleLooks}) AS R ON L.page = R.page AND L.\`user\` = R.\`user\` AND L.window_start = R.window_start AND L.window_end = R.window_end`,
  "of windows, full": `SELECT L.id, R.id, COALESCE(L.window_end, R.window_end) FROM (SELECT * FROM ${tumble}) AS L FULL JOIN (SELECT * FROM ${tumbleLooks}) AS R ON L.page = R.page AND L.\`user\` = R.\`user\` AND L.window_start = R.window_start AND L.window_end = R.window_end`,
  in: `SELECT id, window_end FROM (SELECT * FROM ${tumble}) AS L WHERE L.page IN (SELECT page FROM (SELECT * FROM ${tumbleLooks}) AS R WHERE L.window_start = R.window_start AND L.window_end = R.window_end)`,
  "not exists": `SELECT id, window_end FROM (SELECT * FROM ${tumble}) AS L WHERE NOT EXISTS (SELECT * FROM (SELECT * FROM ${tumbleLooks}) AS R WHERE L.page = R.page AND L.window_start = R.window_start AND L.window_end = R.window_end)`,
};

export const groups: Readonly<Record<string, string>> = {
  "by key": `SELECT \`user\`, ${sums} FROM clicks GROUP BY \`user\``,
  "of all": `SELECT ${sums} FROM clicks`,
  "counts of counts": "SELECT n, COUNT(*) FROM (SELECT page, COUNT(*) AS n FROM clicks GROUP BY page) GROUP BY n",
  "sums of sums": `SELECT MAX(n), MIN(n), SUM(s), COUNT(DISTINCT n) FROM (SELECT page, \`user\`, COUNT(*) AS n, SUM(amount) AS s FROM clicks GROUP BY page, \`user\`)`,
  "having that lets go": "SELECT `user`, COUNT(*) AS n FROM clicks GROUP BY `user` HAVING COUNT(*) < 50",
  "distinct rows": "SELECT DISTINCT page, `user` FROM clicks",
  union: "SELECT id, page FROM clicks UNION ALL SELECT id + 1000, page FROM looks",
  "union without doubles": "SELECT page FROM clicks UNION SELECT page FROM looks",
  "groups of a union":
    "SELECT page, COUNT(*) FROM (SELECT page FROM clicks UNION ALL SELECT page FROM looks) GROUP BY page",
  "lists of strings":
    "SELECT page, LISTAGG(CAST(id AS STRING)), LISTAGG(DISTINCT page, ','), FIRST_VALUE(id), LAST_VALUE(id) FROM clicks GROUP BY page",
  "filtered aggregates":
    "SELECT page, COUNT(*) FILTER (WHERE amount > 0), SUM(amount) FILTER (WHERE `user` = 1) FROM clicks GROUP BY page",
};

/** What `windows`, `ranked` and `frames` read by name. */
export const viewsOf: readonly string[] = [
  `CREATE VIEW per_page AS ${perPage}`,
  "CREATE VIEW per_page_times AS SELECT window_time AS w, n FROM per_page",
];
