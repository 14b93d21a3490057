/** What a server of a job's results is made from, beside the job itself: codecs of rows, and a registry of metrics. */
export { encodeArrowStream as encodeArrowRows } from "../formats/arrow-ipc.ts";
export { encodeCsv as encodeCsvRows } from "../formats/csv.ts";
export { MetricRegistry } from "../metrics/metrics.ts";
