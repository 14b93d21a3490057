/** Writes one run down: bench/README.md with every table, and bench/results.svg with the ratios as bars on a log scale. */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type BenchTable, machine } from "./table.ts";

const folder = fileURLToPath(new URL("./", import.meta.url));
const WIDTH = 860;
const ROW = 30;
const HEADING = 24;
const GAP = 10;
const LEFT = 430;
const RIGHT = 60;
/** Ratios shown, as powers of ten. */
const DECADES = { from: -1, to: 2 };

export function writeReport(tables: readonly BenchTable[], date: string): void {
  const text = [
    "# Figures of one run",
    "",
    `${date}, ${machine()}. \`npm run bench -- --save\` writes this page anew; \`npm run bench\` only prints.`,
    "A ratio above 1 means ours is faster than what stands beside it. Where answers differ nothing is printed.",
    "",
    "What a row costs beside keys, open windows and lateness is in [cost.md](cost.md); Nexmark in [docs/nexmark.md](../docs/nexmark.md).",
    "",
    "![Ours over theirs, log scale](results.svg)",
    ...tables.map((table) => table.markdown()),
    "",
    notes,
  ];
  writeFileSync(`${folder}README.md`, `${text.join("\n")}\n`);
  writeFileSync(`${folder}results.svg`, plot(tables));
}

const notes = `## What the rows mean

- Data: \`clickstream\`, seed 1, about 210 bytes an event; 1,000 pages and 1,000,000 users by Zipf, shuffled within 5 s, 0.1 % later.
- Kernel rows count from bytes in the kernel's memory: lines are split, decoded, timed, filtered or aggregated in that time.
- Keyed aggregation reads JSON; its cost is the time with the aggregate less the time of decoding alone, in the same run.
- Windows: raw records in order of time, so that no decoding is in it, with COUNT, SUM, MIN and MAX; rows are given out as the
  watermark passes. A hopping window is merged from its slices when it closes and has a row
  of each of its keys: what that costs a row falls with the rows a key has.
- Sketches: the cost of a value is a run with APPROX_COUNT_DISTINCT less the same run with COUNT(*), sketches with all their
  registers; C must come to the same sum of estimates. 50,000 of them are 200 MB, value after value to another one: what is
  paid there is the way to memory. Merging is the kernel's code alone; what it gives is checked against the sketch of all values.
- Error: RMSE and bias of so many trials; trials alone make the bias uncertain by what the row says.
- Drain: our source into the kernel's memory beside rd_kafka_consume_batch_queue, the same librdkafka, each from its first batch on.
  Ours copies every record and notes its partition, position and time; theirs counts the records and lets them go.
- The plain TypeScript from Kafka calls the same librdkafka a message at a time; it reads a tenth of the messages.
- The file and Kafka rows count from the command line's start to its last row, kernel self-test and compilation included. The broker
  runs on the same two processors.
- DuckDB sees the whole file, so no row is late for it: its count must be ours with the late rows; a second run of ours, with a delay
  that lets no row be late, must give its whole answer.
- Baselines are in \`baselines/\`, each runnable by itself; simdjson needs Debian's libsimdjson-dev,
  DataSketches \`python3 -m venv build/bench/python && build/bench/python/bin/pip install datasketches\`.`;

type Row = BenchTable["rows"][number];

const scale = (ratio: number): number => {
  const at = (Math.log10(ratio) - DECADES.from) / (DECADES.to - DECADES.from);
  return LEFT + Math.min(1, Math.max(0, at)) * (WIDTH - LEFT - RIGHT);
};

/** A heading a table, a bar a row that has a ratio. */
function plot(tables: readonly BenchTable[]): string {
  const parts: string[] = [];
  let y = 10;
  for (const { title, rows, drawn } of tables) {
    const bars = rows.filter((row) => row.ratio !== null);
    if (bars.length === 0 || !drawn) continue;
    parts.push(`<text x="12" y="${y + 14}" font-weight="bold">${escapeText(title)}</text>`);
    y += HEADING;
    for (const row of bars) {
      parts.push(bar(row, y));
      y += ROW;
    }
    y += GAP;
  }
  const ticks = [0.1, 1, 10, 100].map(
    (tick) =>
      `<line x1="${scale(tick)}" y1="10" x2="${scale(tick)}" y2="${y}" stroke="${tick === 1 ? "#444" : "#ddd"}"/>` +
      `<text x="${scale(tick)}" y="${y + 18}" text-anchor="middle">${tick}×</text>`,
  );
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${y + 30}" font-family="sans-serif" font-size="12">` +
    `<title>Ours over theirs, log scale</title><rect width="100%" height="100%" fill="#fff"/>` +
    `${ticks.join("")}${parts.join("")}</svg>\n`
  );
}

function bar(row: Row, y: number): string {
  const ratio = row.ratio ?? 1;
  const [from, to] = [scale(1), scale(ratio)].sort((a, b) => a - b) as [number, number];
  return (
    `<text x="${LEFT - 12}" y="${y + 9}" text-anchor="end">${escapeText(row.what)}</text>` +
    `<text x="${LEFT - 12}" y="${y + 21}" text-anchor="end" fill="#666" font-size="10">beside ${escapeText(row.beside)}</text>` +
    `<rect x="${from}" y="${y}" width="${Math.max(2, to - from)}" height="18" fill="${ratio >= 1 ? "#2a7ac7" : "#c9772a"}"/>` +
    `<text x="${Math.max(to, scale(1)) + 6}" y="${y + 13}">${ratio.toFixed(2)}</text>`
  );
}

function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
