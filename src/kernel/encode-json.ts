/**
 * A JSON decoder's program as the bytes the kernel reads (`assembly/shared/json.ts`): the wanted fields, and the tree of keys
 * that leads to them.
 */
import {
  JSON_BELOW_COUNT,
  JSON_BIGINT,
  JSON_BOOLEAN,
  JSON_BYTES,
  JSON_DATE,
  JSON_DECIMAL,
  JSON_DOUBLE,
  JSON_FAIL_ON_MISSING,
  JSON_FIELD_BYTES,
  JSON_FIELD_COUNT,
  JSON_FLAGS,
  JSON_FLOAT,
  JSON_FULL,
  JSON_HEADER_BYTES,
  JSON_IGNORE_ERRORS,
  JSON_INT,
  JSON_KEY_BYTES,
  JSON_MAGIC,
  JSON_NODE_COUNT,
  JSON_SMALLINT,
  JSON_STRING,
  JSON_TIME,
  JSON_TIME_ISO,
  JSON_TIME_LENIENT,
  JSON_TIME_SQL,
  JSON_TIMESTAMP,
  JSON_TIMESTAMP_LTZ,
  JSON_TIMESTAMPS,
  JSON_TINYINT,
  NODE_BELOW,
  NODE_BELOW_COUNT,
  NODE_BYTES,
  NODE_CHILDREN,
  NODE_FIELD,
  NODE_FIRST_CHILD,
  NODE_KEY,
  NODE_KEY_LENGTH,
} from "../../assembly/shared/json.ts";
import { assert, EngineError } from "../core/error.ts";
import type { DataType } from "../core/type.ts";
import type { JsonDecodeProgram, JsonFieldProgram } from "./program.ts";

interface KeyNode {
  readonly key: string;
  readonly children: KeyNode[];
  /** Index of the field that ends here. */
  field: number | null;
}

const timestampCodes = { lenient: JSON_TIME_LENIENT, SQL: JSON_TIME_SQL, "ISO-8601": JSON_TIME_ISO } as const;
const utf8 = new TextEncoder();

/** Length is a multiple of 4. Paths must differ, and none may lead through another. */
export function encodeJsonDecode(program: JsonDecodeProgram): Uint8Array {
  const nodes = levelOrder(keyTree(program.fields));
  const keys = nodes.map((node) => utf8.encode(node.key));
  const below = nodes.map(fieldsBelow);
  const belowCount = below.reduce((sum, list) => sum + list.length, 0);
  const keyBytes = keys.reduce((sum, key) => sum + key.length, 0);
  const fieldsAt = JSON_HEADER_BYTES;
  const nodesAt = fieldsAt + program.fields.length * JSON_FIELD_BYTES;
  const belowAt = nodesAt + nodes.length * NODE_BYTES;
  const keysAt = belowAt + belowCount * 4;
  const bytes = new Uint8Array((keysAt + keyBytes + 3) & ~3);
  const view = new DataView(bytes.buffer);
  writeHeader(view, program, { nodes: nodes.length, belowCount, keyBytes });
  program.fields.forEach((field, index) => {
    writeField(view, fieldsAt + index * JSON_FIELD_BYTES, field);
  });
  const next = { child: 1, below: 0, key: 0 };
  nodes.forEach((node, index) => {
    const key = keys[index] as Uint8Array;
    const fields = below[index] as readonly number[];
    writeNode(view, nodesAt + index * NODE_BYTES, { node, keyLength: key.length, below: fields.length, next });
    fields.forEach((field, at) => {
      view.setUint32(belowAt + (next.below + at) * 4, field, true);
    });
    bytes.set(key, keysAt + next.key);
    next.child += node.children.length;
    next.below += fields.length;
    next.key += key.length;
  });
  return bytes;
}

function keyTree(fields: readonly JsonFieldProgram[]): KeyNode {
  const root: KeyNode = { key: "", children: [], field: null };
  fields.forEach(({ path, name }, index) => {
    assert(path.length > 0, `field "${name}" has a path`);
    let node = root;
    for (const key of path) {
      assert(node.field === null, `the path of field "${name}" leads through another field`);
      let child = node.children.find((candidate) => candidate.key === key);
      if (child === undefined) {
        child = { key, children: [], field: null };
        node.children.push(child);
      }
      node = child;
    }
    assert(node.field === null && node.children.length === 0, `field "${name}" has a path of its own`);
    node.field = index;
  });
  return root;
}

/** Breadth first: a node's children stand together. */
function levelOrder(root: KeyNode): readonly KeyNode[] {
  const nodes = [root];
  for (let index = 0; index < nodes.length; index++) nodes.push(...(nodes[index] as KeyNode).children);
  return nodes;
}

function fieldsBelow(node: KeyNode): readonly number[] {
  const fields: number[] = [];
  const open = [node];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (at.field !== null) fields.push(at.field);
    open.push(...at.children);
  }
  return fields;
}

interface Counts {
  readonly nodes: number;
  readonly belowCount: number;
  readonly keyBytes: number;
}

function writeHeader(view: DataView, program: JsonDecodeProgram, counts: Counts): void {
  view.setUint32(0, JSON_MAGIC, true);
  view.setUint32(JSON_FIELD_COUNT, program.fields.length, true);
  view.setUint32(JSON_NODE_COUNT, counts.nodes, true);
  view.setUint32(JSON_BELOW_COUNT, counts.belowCount, true);
  view.setUint32(JSON_KEY_BYTES, counts.keyBytes, true);
  const full = program.validation === "full" ? JSON_FULL : 0;
  const ignore = program.ignoreParseErrors ? JSON_IGNORE_ERRORS : 0;
  const missing = program.failOnMissingField ? JSON_FAIL_ON_MISSING : 0;
  view.setUint32(JSON_FLAGS, full | ignore | missing, true);
  view.setUint32(JSON_TIMESTAMPS, timestampCodes[program.timestampFormat], true);
}

function writeField(view: DataView, at: number, field: JsonFieldProgram): void {
  const { code, precision = 0, scale = 0 } = typeWords(field.type);
  view.setUint32(at, field.register, true);
  view.setUint32(at + 4, code, true);
  view.setUint32(at + 8, precision, true);
  view.setUint32(at + 12, scale, true);
}

interface NodeWords {
  readonly node: KeyNode;
  readonly keyLength: number;
  readonly below: number;
  readonly next: { readonly child: number; readonly below: number; readonly key: number };
}

function writeNode(view: DataView, at: number, { node, keyLength, below, next }: NodeWords): void {
  view.setUint32(at + NODE_KEY, next.key, true);
  view.setUint32(at + NODE_KEY_LENGTH, keyLength, true);
  view.setUint32(at + NODE_FIRST_CHILD, next.child, true);
  view.setUint32(at + NODE_CHILDREN, node.children.length, true);
  view.setUint32(at + NODE_FIELD, node.field === null ? 0 : node.field + 1, true);
  view.setUint32(at + NODE_BELOW, next.below, true);
  view.setUint32(at + NODE_BELOW_COUNT, below, true);
}

function typeWords(type: DataType): { code: number; precision?: number; scale?: number } {
  switch (type.kind) {
    case "boolean":
      return { code: JSON_BOOLEAN };
    case "tinyint":
      return { code: JSON_TINYINT };
    case "smallint":
      return { code: JSON_SMALLINT };
    case "int":
      return { code: JSON_INT };
    case "bigint":
      return { code: JSON_BIGINT };
    case "float":
      return { code: JSON_FLOAT };
    case "double":
      return { code: JSON_DOUBLE };
    case "decimal":
      return { code: JSON_DECIMAL, precision: type.precision, scale: type.scale };
    case "string":
    case "char":
    case "varchar":
      // Flink's json format neither cuts nor pads: a declared length binds sinks and casts only.
      return { code: JSON_STRING };
    case "bytes":
      return { code: JSON_BYTES };
    case "date":
      return { code: JSON_DATE };
    case "time":
      return { code: JSON_TIME, precision: type.precision };
    case "timestamp":
      return { code: JSON_TIMESTAMP, precision: type.precision };
    case "timestamp_ltz":
      return { code: JSON_TIMESTAMP_LTZ, precision: type.precision };
    default:
      throw new EngineError(`a JSON field of type ${type.kind} is not read into one register`, {
        domain: "internal",
        code: "BUG",
      });
  }
}
