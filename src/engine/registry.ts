/**
 * Checks a table's options against its connector and its format: the `ConnectorCatalog` the planner sees. Pure: nothing is
 * opened. Every error points at the option it is about.
 */
import { assert, EngineError, type Span } from "../core/error.ts";
import type { ConnectorCatalog, OptionText, TableCapabilities, TableRequest } from "../plan/catalog.ts";
import type { TableDefinition } from "../plan/plan.ts";
import { nearest } from "../sql/suggest.ts";
import type { SqlError } from "../sql/tree.ts";
import { type Connector, physicalSchema, tableOptions } from "./connector-table.ts";
import { connectors } from "./connectors.ts";
import { deadLetterConnector } from "./dead-letters.ts";
import { commonOptionNames, formatOptionNames, readSourceFormats, readSourceSettings } from "./table-options.ts";

const nothing = { source: false, sink: false, acceptsUpdates: false, metadata: [] };

export const connectorCatalog: ConnectorCatalog = { checkTable };

/** The connector of a checked table. */
export function connectorOf(table: TableDefinition): Connector {
  const all = [...connectors, deadLetterConnector];
  const found = all.find((connector) => connector.name === table.options.connector);
  assert(found !== undefined, `connector "${table.options.connector}" was checked`);
  return found;
}

function checkTable(request: TableRequest): TableCapabilities {
  const named = request.options.find((option) => option.key === "connector");
  if (named === undefined) return { errors: [missingConnector(request)], ...nothing };
  const connector = connectors.find((candidate) => candidate.name === named.value);
  if (connector === undefined) return { errors: [unknownConnector(named)], ...nothing };
  const errors = [...unknownOptions(connector, request), ...valueErrors(connector, request)];
  return {
    errors,
    source: connector.checkSource !== null,
    sink: connector.checkSink !== null,
    acceptsUpdates: connector.acceptsUpdates,
    metadata: connector.metadata,
  };
}

function missingConnector(request: TableRequest): SqlError {
  const names = connectors.map((connector) => connector.name).join(", ");
  const misspelt = request.options.find(({ key }) => nearest(key, ["connector"]) !== null);
  return {
    code: "MISSING-OPTION",
    message: `table "${request.name}" has no option "connector"`,
    span: misspelt?.keySpan ?? request.span,
    hint: misspelt === undefined ? `add WITH ('connector' = '…'), one of ${names}` : 'did you mean "connector"?',
  };
}

function unknownConnector(option: OptionText): SqlError {
  const names = connectors.map((connector) => connector.name);
  const close = nearest(option.value, names);
  return {
    code: "UNKNOWN-CONNECTOR",
    message: `there is no connector "${option.value}"`,
    span: option.valueSpan,
    hint: close === null ? `connectors: ${names.join(", ")}` : `did you mean "${close}"?`,
  };
}

function knownOptions(connector: Connector, request: TableRequest): readonly string[] {
  const common = connector.checkSource === null ? [] : commonOptionNames;
  const format = connector.format === "none" ? [] : formatOptionNames(connector.keyed);
  return ["connector", ...connector.optionNames(physicalSchema(request.columns)), ...common, ...format];
}

/** A known name that ends in `.*` stands for every name that begins like it; the connector checks those itself. */
function unknownOptions(connector: Connector, request: TableRequest): SqlError[] {
  const known = knownOptions(connector, request);
  const families = known.filter((name) => name.endsWith(".*")).map((name) => name.slice(0, -1));
  const unknown = request.options.filter(
    ({ key }) => !known.includes(key) && !families.some((family) => key.startsWith(family)),
  );
  return unknown.map((option) => {
    const close = nearest(option.key, known) ?? nearestOfFamily(option.key, families);
    return {
      code: "UNKNOWN-OPTION",
      message: `connector "${connector.name}" has no option "${option.key}"`,
      span: option.keySpan,
      hint: close === null ? null : `did you mean "${close}"?`,
    };
  });
}

/** `propertis.group.id` to `properties.group.id`: only the family's part is misspelt. */
function nearestOfFamily(key: string, families: readonly string[]): string | null {
  for (const family of families) {
    const parts = family.split(".").length - 1;
    const head = key.split(".").slice(0, parts).join(".");
    const tail = key.slice(head.length + 1);
    if (tail !== "" && nearest(`${head}.`, [family]) !== null) return family + tail;
  }
  return null;
}

/** A table may be read or written: its options must do for one of the two. The error shown is the reader's, where it reads. */
function valueErrors(connector: Connector, request: TableRequest): SqlError[] {
  const table = definitionOf(request);
  const from = tableOptions(table);
  const schema = physicalSchema(request.columns);
  const checks = [
    () => void readSourceSettings(table, {}),
    () => {
      if (connector.format !== "none") readSourceFormats(table, {}, connector.format === "json");
    },
  ];
  const errors = checks.flatMap((check) => caught(check, request));
  const asSource = connector.checkSource && caught(() => connector.checkSource?.(from, schema), request);
  const asSink = connector.checkSink && caught(() => connector.checkSink?.(from, schema), request);
  const usable = asSource?.length === 0 || asSink?.length === 0;
  return usable ? errors : [...errors, ...(asSource ?? asSink ?? [])];
}

function definitionOf(request: TableRequest): TableDefinition {
  const options = Object.fromEntries(request.options.map(({ key, value }) => [key, value]));
  return { name: request.name, columns: request.columns, watermark: null, primaryKey: [], partitionedBy: [], options };
}

function caught(check: () => void, request: TableRequest): SqlError[] {
  try {
    check();
    return [];
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return [{ code: error.code, message: error.message, span: spanOf(error, request), hint: error.hint ?? null }];
  }
}

/** The option the message quotes, else the table. */
function spanOf(error: EngineError, request: TableRequest): Span {
  const quoted = request.options.find((option) => error.message.includes(`"${option.key}"`));
  return quoted?.valueSpan ?? request.span;
}
