/**
 * Connectors as the planner sees them, with a handful of options each: enough to test what planning does with what it is
 * told. The real table is the engine's.
 */
import type { ConnectorCatalog, MetadataKey, TableCapabilities, TableRequest } from "../../src/plan/catalog.ts";
import { nearest } from "../../src/sql/suggest.ts";
import type { SqlError } from "../../src/sql/tree.ts";

interface TestConnector {
  readonly source: boolean;
  readonly sink: boolean;
  readonly options: readonly string[];
  readonly required: readonly string[];
  readonly metadata: readonly MetadataKey[];
}

const kafkaMetadata: readonly MetadataKey[] = [
  { key: "topic", type: { kind: "string" }, writable: true },
  { key: "partition", type: { kind: "int" }, writable: false },
  { key: "offset", type: { kind: "bigint" }, writable: false },
  { key: "timestamp", type: { kind: "timestamp_ltz", precision: 3 }, writable: true },
  { key: "leader-epoch", type: { kind: "int" }, writable: false },
  { key: "timestamp-type", type: { kind: "string" }, writable: false },
  { key: "headers", type: { kind: "map", key: { kind: "string" }, value: { kind: "bytes" } }, writable: true },
];

const connectors: Readonly<Record<string, TestConnector>> = {
  kafka: {
    source: true,
    sink: true,
    options: [
      "topic",
      "format",
      "properties.bootstrap.servers",
      "properties.sasl.jaas.config",
      "scan.startup.mode",
      "scan.watermark.idle-timeout",
      "json.ignore-parse-errors",
      "late.policy",
      "late.table",
    ],
    required: ["topic", "format"],
    metadata: kafkaMetadata,
  },
  datagen: { source: true, sink: false, options: ["rows-per-second", "number-of-rows"], required: [], metadata: [] },
  print: { source: false, sink: true, options: ["print-identifier"], required: [], metadata: [] },
  blackhole: { source: false, sink: true, options: [], required: [], metadata: [] },
  view: { source: false, sink: true, options: ["retention"], required: [], metadata: [] },
  "delta-lake": { source: true, sink: true, options: ["table-path"], required: ["table-path"], metadata: [] },
};

const nothing = { source: false, sink: false, acceptsUpdates: false, metadata: [] };

export const testConnectors: ConnectorCatalog = {
  checkTable(request: TableRequest): TableCapabilities {
    const named = request.options.find(({ key }) => key === "connector");
    if (named === undefined) return { ...nothing, errors: [missing(request, "connector")] };
    const connector = Object.hasOwn(connectors, named.value) ? connectors[named.value] : undefined;
    if (connector === undefined) {
      const message = `there is no connector "${named.value}"`;
      return {
        ...nothing,
        errors: [
          error("UNKNOWN-CONNECTOR", message, {
            span: named.valueSpan,
            word: named.value,
            candidates: Object.keys(connectors),
          }),
        ],
      };
    }
    const errors = request.options
      .filter(({ key }) => key !== "connector" && !connector.options.includes(key))
      .map(({ key, keySpan }) =>
        error("UNKNOWN-OPTION", `connector "${named.value}" has no option "${key}"`, {
          span: keySpan,
          word: key,
          candidates: connector.options,
        }),
      );
    const absent = connector.required.filter((name) => request.options.every(({ key }) => key !== name));
    return {
      source: connector.source,
      sink: connector.sink,
      acceptsUpdates: !connector.source,
      metadata: connector.metadata,
      errors: [...errors, ...absent.map((name) => missing(request, name))],
    };
  },
};

function missing(request: TableRequest, name: string): SqlError {
  const message = `table "${request.name}" misses the option "${name}"`;
  return { code: "MISSING-OPTION", message, span: request.span, hint: `add '${name}' = '…' to WITH (…)` };
}

function error(
  code: string,
  message: string,
  at: { span: SqlError["span"]; word: string; candidates: readonly string[] },
): SqlError {
  const near = nearest(at.word, at.candidates);
  return { code, message, span: at.span, hint: near === null ? null : `did you mean "${near}"?` };
}
