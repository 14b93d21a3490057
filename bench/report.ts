/** Writes one run down: bench/README.md with every table, and bench/results.svg with the ratios as bars on a log scale. */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type BenchTable, machine } from "./table.ts";

const folder = fileURLToPath(new URL("./", import.meta.url));
const WIDTH = 860;
const ROW = 30;
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
- Sketches: the cost of a value is a run with APPROX_COUNT_DISTINCT less the same run with COUNT(*). Bias is found only as closely as
  the number of trials lets it be: the row says how closely.
- The file and Kafka rows count from the command line's start to its last row, kernel self-test and compilation included. The broker
  runs on the same two processors.
- DuckDB sees the whole file, so no row is late for it: its count must be ours with the late rows; a second run of ours, with a delay
  that lets no row be late, must give its whole answer.
- Baselines are in \`baselines/\`, each runnable by itself; simdjson needs Debian's libsimdjson-dev.`;

function plot(tables: readonly BenchTable[]): string {
  const rows = tables.flatMap((table) => table.rows).filter((row) => row.ratio !== null);
  const height = ROW * rows.length + 50;
  const x = (ratio: number): number => {
    const at = (Math.log10(ratio) - DECADES.from) / (DECADES.to - DECADES.from);
    return LEFT + Math.min(1, Math.max(0, at)) * (WIDTH - LEFT - RIGHT);
  };
  const ticks = [0.1, 1, 10, 100].map(
    (tick) =>
      `<line x1="${x(tick)}" y1="10" x2="${x(tick)}" y2="${height - 30}" stroke="${tick === 1 ? "#444" : "#ccc"}"/>` +
      `<text x="${x(tick)}" y="${height - 12}" text-anchor="middle">${tick}×</text>`,
  );
  const bars = rows.map((row, index) => {
    const ratio = row.ratio ?? 1;
    const [from, to] = [x(1), x(ratio)].sort((a, b) => a - b) as [number, number];
    const y = 14 + index * ROW;
    return (
      `<text x="${LEFT - 12}" y="${y + 9}" text-anchor="end">${escapeText(row.what)}</text>` +
      `<text x="${LEFT - 12}" y="${y + 21}" text-anchor="end" fill="#777" font-size="10">beside ${escapeText(row.beside)}</text>` +
      `<rect x="${from}" y="${y}" width="${Math.max(2, to - from)}" height="18" fill="${ratio >= 1 ? "#2a7ac7" : "#c9772a"}"/>` +
      `<text x="${Math.max(to, x(1)) + 6}" y="${y + 13}">${ratio.toFixed(2)}</text>`
    );
  });
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="12">` +
    `<title>Ours over theirs, log scale</title><rect width="100%" height="100%" fill="#fff"/>${ticks.join("")}${bars.join("")}</svg>\n`
  );
}

function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
