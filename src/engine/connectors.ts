/**
 * The connectors, one value each. Only this file and `registry.ts` map a name in a query to code.
 */
import { createBlackholeSink } from "../connectors/blackhole/blackhole-sink.ts";
import { createDatagenSource } from "../connectors/datagen/datagen-source.ts";
import { datagenOptionNames, readDatagenOptions } from "../connectors/datagen/options.ts";
import { createFileSink } from "../connectors/file/file-sink.ts";
import { createFileSource } from "../connectors/file/file-source.ts";
import { fileOptionNames, readFileSinkOptions, readFileSourceOptions } from "../connectors/file/options.ts";
import {
  kafkaMetadata,
  kafkaOptionNames,
  readKafkaSinkOptions,
  readKafkaSourceOptions,
} from "../connectors/kafka/options.ts";
import { createKafkaSink } from "../connectors/kafka/sink.ts";
import { createKafkaSource } from "../connectors/kafka/source.ts";
import type { TableOptions } from "../connectors/options.ts";
import { printOptionNames, readPrintOptions } from "../connectors/print/options.ts";
import { assert } from "../core/error.ts";
import { type Connector, physicalSchema, tableOptions } from "./connector-table.ts";
import { readViewOptions, viewOptionNames } from "./view-options.ts";

const filesystem: Connector = {
  name: "filesystem",
  format: "required",
  keyed: false,
  acceptsUpdates: false,
  metadata: [],
  optionNames: () => fileOptionNames,
  checkSource: (from) => void readFileSourceOptions(from),
  checkSink: (from) => void readFileSinkOptions(from),
  createSource: (table, context) =>
    createFileSource({ options: readFileSourceOptions(tableOptions(table)), ...context }),
  createSink: (table, context) => createFileSink({ options: readFileSinkOptions(tableOptions(table)), ...context }),
};

const datagen: Connector = {
  name: "datagen",
  format: "json",
  keyed: false,
  acceptsUpdates: false,
  metadata: [],
  optionNames: datagenOptionNames,
  checkSource: (from, schema) => void readDatagenOptions(from, schema),
  checkSink: null,
  createSource: (table, context) =>
    createDatagenSource({
      table: table.name,
      options: readDatagenOptions(tableOptions(table), physicalSchema(table.columns)),
      ...context,
    }),
  createSink: () => noSink("datagen"),
};

const blackhole: Connector = {
  name: "blackhole",
  format: "none",
  keyed: false,
  acceptsUpdates: true,
  metadata: [],
  optionNames: () => [],
  checkSource: null,
  checkSink: () => {},
  createSource: () => noSource("blackhole"),
  createSink: () => createBlackholeSink(),
};

const kafka: Connector = {
  name: "kafka",
  format: "required",
  keyed: true,
  acceptsUpdates: false,
  metadata: kafkaMetadata,
  optionNames: () => kafkaOptionNames,
  checkSource: (from) => void readKafkaSourceOptions(from),
  checkSink: (from) => void readKafkaSinkOptions(from),
  createSource: (table, { clock, share }) =>
    createKafkaSource({ options: readKafkaSourceOptions(tableOptions(table)), clock, share }),
  createSink: (table, { encode }) => createKafkaSink({ options: readKafkaSinkOptions(tableOptions(table)), encode }),
};

/** Rows that the main thread takes: `print` writes them to the terminal, `view` keeps them for HTTP. */
function forwarded(name: string, optionNames: readonly string[], check: (from: TableOptions) => unknown): Connector {
  return {
    name,
    format: "none",
    keyed: false,
    acceptsUpdates: true,
    metadata: [],
    optionNames: () => optionNames,
    checkSource: null,
    checkSink: (from) => void check(from),
    createSource: () => noSource(name),
    createSink: () => noSink(name),
  };
}

function noSource(name: string): never {
  assert(false, `connector "${name}" makes no source`);
}

function noSink(name: string): never {
  assert(false, `connector "${name}" makes no sink here`);
}

export const connectors: readonly Connector[] = [
  kafka,
  filesystem,
  datagen,
  blackhole,
  forwarded("print", printOptionNames, readPrintOptions),
  forwarded("view", viewOptionNames, readViewOptions),
];
