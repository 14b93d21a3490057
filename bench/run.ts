/**
 * `npm run bench [-- kernel file …]`: every table, or those named. Prints ours, theirs and the ratio, measured in this run;
 * `--save` writes them to bench/README.md too.
 */
import { benchAggregate } from "./aggregate.ts";
import { benchError } from "./error.ts";
import { benchFile } from "./file.ts";
import { benchKafka } from "./kafka.ts";
import { benchKernel } from "./kernel.ts";
import { benchLatency } from "./latency.ts";
import { writeReport } from "./report.ts";
import { benchSketch } from "./sketch.ts";
import { type BenchTable, machine } from "./table.ts";
import { benchWindow } from "./window.ts";
import { benchWorkers } from "./workers.ts";

const benches: Readonly<Record<string, () => Promise<BenchTable>>> = {
  kernel: benchKernel,
  aggregate: benchAggregate,
  window: benchWindow,
  sketch: benchSketch,
  error: benchError,
  file: benchFile,
  workers: benchWorkers,
  kafka: benchKafka,
  latency: benchLatency,
};

const save = process.argv.includes("--save");
const wanted = process.argv.slice(2).filter((name) => name !== "--save");
const unknown = wanted.find((name) => !(name in benches));
if (unknown !== undefined) {
  console.error(`error[USAGE]: there is no bench "${unknown}"\nhint: ${Object.keys(benches).join(", ")}`);
  process.exit(2);
}
console.log(`machine: ${machine()}`);
const tables: BenchTable[] = [];
for (const [name, bench] of Object.entries(benches)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const table = await bench();
  console.log(table.markdown());
  tables.push(table);
}
if (save) writeReport(tables, new Date().toISOString().slice(0, 10));
