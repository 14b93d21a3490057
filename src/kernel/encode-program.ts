/**
 * A kernel program to the bytes `assembly/program` reads: a stream of u32 words; 64-bit words and blobs start at multiples of
 * 8. Registers that may be absent are written as number + 1, 0 for none.
 */
import * as abi from "../../assembly/shared/abi.ts";
import { PHYS_BOOL, PHYS_DEC, PHYS_F64, PHYS_STR } from "../../assembly/shared/layout.ts";
import { assert } from "../core/error.ts";
import { ByteWriter } from "./byte-writer.ts";
import { encodeJoin } from "./encode-join.ts";
import { encodeJsonDecode } from "./encode-json.ts";
import { encodeCode, encodeOutputs, optional, typeCode } from "./encode-parts.ts";
import type {
  AggregateProgram,
  Constant,
  ConstantValue,
  EventTimeProgram,
  GroupQueryProgram,
  JoinQueryProgram,
  JsonDecodeProgram,
  KernelProgram,
  LeadQueryProgram,
  OverQueryProgram,
  PhysicalType,
  ProjectQueryProgram,
  QueryProgram,
  RankedQueryProgram,
  RawDecodeProgram,
  SortQueryProgram,
  SourceProgram,
  TopProgram,
  WindowQueryProgram,
} from "./program.ts";

const NO_CHECK = -1n;

export function encodeProgram(program: KernelProgram): Uint8Array {
  const out = new ByteWriter();
  out.word(abi.PROGRAM_MAGIC);
  out.word(abi.ABI_VERSION);
  out.words([program.registers.length, ...program.registers]);
  out.word(program.constants.length);
  for (const constant of program.constants) encodeConstant(out, constant, program.registers);
  out.word(program.sources.length);
  for (const source of program.sources) encodeSource(out, source);
  out.word(program.queries.length);
  for (const query of program.queries) encodeQuery(out, query);
  return out.finish();
}

function encodeConstant(out: ByteWriter, constant: Constant, registers: readonly PhysicalType[]): void {
  const bytes = constantBytes(constant.value, registers[constant.register] ?? 0);
  out.words([constant.register, constant.value === null ? 0 : 1, bytes.length]);
  out.blob(bytes);
}

function constantBytes(value: ConstantValue, physical: PhysicalType): Uint8Array {
  if (value === null) return new Uint8Array(0);
  if (physical === PHYS_STR) {
    if (typeof value === "string") return new TextEncoder().encode(value);
    assert(value instanceof Uint8Array, "a string register is filled with text or bytes");
    return value;
  }
  const out = new ByteWriter();
  if (physical === PHYS_BOOL) return Uint8Array.of(value === true || value === 1n || value === 1 ? 1 : 0);
  if (physical === PHYS_F64) out.double(Number(value));
  else {
    assert(typeof value === "bigint" || typeof value === "number", "an integer register is filled with an integer");
    out.long(BigInt.asIntN(64, BigInt(value)));
    if (physical === PHYS_DEC) out.long(BigInt(value) >> 64n);
  }
  return out.finish();
}

function encodeSource(out: ByteWriter, source: SourceProgram): void {
  encodeDecoder(out, source.decode);
  encodeDecoder(out, source.keyDecode);
  out.word(source.metadata.length);
  const words = source.metadata.flatMap((column) => [
    metadataKinds[column.kind],
    column.register,
    column.kind === "header" ? column.name : 0,
  ]);
  out.blob(new Uint8Array(Uint32Array.from(words).buffer));
  encodeCode(out, source.compute);
  encodeEventTime(out, source.eventTime);
}

const metadataKinds = {
  partition: abi.METADATA_PARTITION,
  offset: abi.METADATA_OFFSET,
  timestamp: abi.METADATA_TIMESTAMP,
  topic: abi.METADATA_TOPIC,
  clock: abi.METADATA_CLOCK,
  "leader-epoch": abi.METADATA_LEADER_EPOCH,
  "timestamp-type": abi.METADATA_TIMESTAMP_TYPE,
  header: abi.METADATA_HEADER,
} as const;

function encodeDecoder(out: ByteWriter, decoder: JsonDecodeProgram | RawDecodeProgram | null): void {
  if (decoder === null) {
    out.word(abi.DECODE_NONE);
  } else if (decoder.kind === "raw") {
    out.words([abi.DECODE_RAW, optional(decoder.register), decoder.utf8 ? 1 : 0]);
  } else {
    const bytes = encodeJsonDecode(decoder);
    out.words([abi.DECODE_JSON, bytes.length]);
    out.blob(bytes);
  }
}

const nullTimeRules = {
  bad: abi.NULL_TIME_BAD,
  drop: abi.NULL_TIME_DROP,
  "skip-watermark": abi.NULL_TIME_SKIP_WATERMARK,
} as const;

function encodeEventTime(out: ByteWriter, time: EventTimeProgram | null): void {
  const rule = time === null ? 0 : nullTimeRules[time.nullHandling];
  out.words([time === null ? 0 : 1, time?.timeRegister ?? 0, time?.watermarkRegister ?? 0, rule]);
  out.long(BigInt(time?.unitsPerMs ?? 1));
  out.long(time?.maxAheadMs == null ? NO_CHECK : BigInt(time.maxAheadMs));
}

function encodeQuery(out: ByteWriter, query: QueryProgram): void {
  if (query.kind === "join") encodeJoin(out, query);
  else encodeReader(out, query);
}

function encodeReader(out: ByteWriter, query: Exclude<QueryProgram, JoinQueryProgram>): void {
  out.words([
    queryKinds[query.kind],
    query.source,
    query.parent === undefined ? 0 : query.parent + 1,
    query.inputs.length,
  ]);
  const words = query.inputs.flatMap(({ from, to }) => [from, to]);
  out.blob(new Uint8Array(Uint32Array.from(words).buffer));
  out.word(optional(query.filter?.register ?? null));
  encodeCode(out, query.filter?.instructions ?? []);
  encodeCode(out, query.compute);
  encodeUnited(out, query.unites ?? []);
  if (query.kind === "late") {
    const { windowStart, windowEnd, watermark, behind } = query.late;
    out.words([windowStart, windowEnd, watermark, behind].map(optional));
  }
  if (query.kind === "window-aggregate") encodeWindow(out, query);
  if (query.kind === "over") encodeOver(out, query);
  if (query.kind === "sort") encodeSort(out, query);
  if (query.kind === "ranked") encodeRanked(out, query);
  if (query.kind === "lead") encodeLead(out, query);
  if (query.kind === "group-aggregate") encodeGroupQuery(out, query);
  encodeOutputs(out, query.outputs);
}

const queryKinds = {
  project: abi.QUERY_PROJECT,
  late: abi.QUERY_LATE_ROWS,
  "window-aggregate": abi.QUERY_WINDOW,
  over: abi.QUERY_OVER,
  sort: abi.QUERY_SORTED_ROWS,
  ranked: abi.QUERY_RANKED_ROWS,
  lead: abi.QUERY_LEADING,
  "group-aggregate": abi.QUERY_GROUP,
} as const;

const windowShapes = {
  tumbling: abi.WINDOW_TUMBLING,
  hopping: abi.WINDOW_HOPPING,
  cumulating: abi.WINDOW_CUMULATING,
  session: abi.WINDOW_SESSION,
} as const;

/** Windows are assigned before the filter, on the source's rows: the time register is written as the source knows it. */
function encodeWindow(out: ByteWriter, query: WindowQueryProgram): void {
  const { window, emit } = query;
  out.word(windowShapes[window.kind] | (window.ofResults ? abi.WINDOW_OF_RESULTS : 0));
  out.long(BigInt(window.sizeMs) * BigInt(window.unitsPerMs));
  out.long(BigInt(window.stepMs) * BigInt(window.unitsPerMs));
  out.long(BigInt(window.offsetMs) * BigInt(window.unitsPerMs));
  out.long(BigInt(window.unitsPerMs));
  out.word(query.inputs.find((input) => input.to === window.timeRegister)?.from ?? window.timeRegister);
  encodeGroups(out, query);
  out.words([optional(emit.windowStart), optional(emit.windowEnd), optional(emit.windowTime)]);
  assert(emit.keys.length === query.keys.length, "emission has one register a key");
  out.blob(new Uint8Array(Uint32Array.from(emit.keys).buffer));
  encodeCode(out, emit.compute);
  out.word(optional(emit.having));
  out.word(query.top === undefined ? 0 : 1);
  if (query.top !== undefined) encodeTop(out, query.top);
  out.word(query.changes === undefined ? 0 : query.changes.of === "both" ? 2 : 1);
  out.long(BigInt(query.changes?.allowedMs ?? 0) * BigInt(window.unitsPerMs));
  out.word(window.judgedBy === "table" ? 1 : 0);
}

const rankKinds = { ROW_NUMBER: abi.RANK_NUMBER, RANK: abi.RANK_GAPS, DENSE_RANK: abi.RANK_DENSE } as const;

function encodeRanked(out: ByteWriter, { keys, top, ofChanges, changes, emit }: RankedQueryProgram): void {
  out.words([ofChanges ? 1 : 0, changes === "both" ? 1 : 0]);
  encodeGroups(out, { keys, aggregates: [] });
  encodeCode(out, emit.compute);
  out.word(optional(emit.having));
  encodeTop(out, top);
}

function encodeLead(out: ByteWriter, { keys, rows, carried, ahead, there, emit }: LeadQueryProgram): void {
  out.words([rows, carried.length, ahead.length, there]);
  for (const { from, to } of [...carried, ...ahead]) out.words([from, to]);
  encodeGroups(out, { keys, aggregates: [] });
  encodeCode(out, emit.compute);
  out.word(optional(emit.having));
}

function encodeTop(out: ByteWriter, top: TopProgram): void {
  const { most, order, carried, rank } = top;
  const told = top.told === true ? 1 : 0;
  out.words([most, order.length + carried.length, optional(rank), rankKinds[top.function], order.length, told]);
  for (const { register, descending, nullsFirst } of order)
    out.words([register, 0, descending ? 1 : 0, nullsFirst ? 1 : 0]);
  for (const { from, to } of carried) out.words([from, to + 1, 0, 1]);
}

function encodeSort(out: ByteWriter, query: SortQueryProgram): void {
  const { keys, carried, emit } = query;
  out.word(query.timeRegister);
  out.long(BigInt(query.unitsPerMs));
  out.words([query.peers ? abi.SORT_PEERS : 0, carried.length]);
  for (const { from, to } of carried) out.words([from, to]);
  encodeGroups(out, { keys, aggregates: [] });
  encodeCode(out, emit.compute);
  out.word(optional(emit.having));
}

function encodeOver(out: ByteWriter, query: OverQueryProgram): void {
  const { range } = query;
  const preceding = range === undefined ? query.preceding : range.preceding === null ? null : 0;
  out.words([preceding ?? 0xffffffff, query.until ?? 0, query.sliding === true ? 1 : 0, range === undefined ? 0 : 1]);
  if (range !== undefined) {
    out.long(range.preceding ?? 0n);
    out.word(range.timeRegister);
  }
  encodeGroups(out, query);
  encodeCode(out, query.emit.compute);
  out.word(optional(query.emit.having));
}

function encodeGroupQuery(out: ByteWriter, query: GroupQueryProgram): void {
  const { emit } = query;
  out.words([query.ofChanges ? 1 : 0, query.changes === "both" ? 1 : 0]);
  encodeGroups(out, query);
  assert(emit.keys.length === query.keys.length, "emission has one register a key");
  out.blob(new Uint8Array(Uint32Array.from(emit.keys).buffer));
  encodeCode(out, emit.compute);
  out.word(optional(emit.having));
}

function encodeUnited(out: ByteWriter, united: NonNullable<ProjectQueryProgram["unites"]>): void {
  out.word(united.length);
  for (const { query, columns } of united) {
    out.words([query + 1, columns.length]);
    out.blob(new Uint8Array(Uint32Array.from(columns.flatMap(({ from, to }) => [from, to])).buffer));
  }
}

function encodeGroups(out: ByteWriter, { keys, aggregates }: Pick<WindowQueryProgram, "keys" | "aggregates">): void {
  out.word(keys.length);
  for (const key of keys) out.words([key.register, typeCode(key.type)]);
  out.word(aggregates.length);
  for (const aggregate of aggregates) encodeAggregate(out, aggregate);
}

const aggregateCodes: Readonly<Record<string, number>> = {
  COUNT: abi.AGGREGATE_COUNT,
  SUM: abi.AGGREGATE_SUM,
  AVG: abi.AGGREGATE_AVG,
  MIN: abi.AGGREGATE_MIN,
  MAX: abi.AGGREGATE_MAX,
  STDDEV_POP: abi.AGGREGATE_STDDEV_POP,
  STDDEV_SAMP: abi.AGGREGATE_STDDEV_SAMP,
  VAR_POP: abi.AGGREGATE_VAR_POP,
  VAR_SAMP: abi.AGGREGATE_VAR_SAMP,
  APPROX_COUNT_DISTINCT: abi.AGGREGATE_APPROX_COUNT_DISTINCT,
  HLL_SKETCH: abi.AGGREGATE_HLL_SKETCH,
  HLL_UNION: abi.AGGREGATE_HLL_UNION,
  FIRST_VALUE: abi.AGGREGATE_FIRST_VALUE,
  LAST_VALUE: abi.AGGREGATE_LAST_VALUE,
  LISTAGG: abi.AGGREGATE_LISTAGG,
  COUNT_AUTO: abi.AGGREGATE_COUNT_AUTO,
  APPROX_PERCENTILE: abi.AGGREGATE_APPROX_PERCENTILE,
};

const LEAST_LG_K = 4;
const MOST_LG_K = 21;

function encodeAggregate(out: ByteWriter, aggregate: AggregateProgram): void {
  const code = aggregateCodes[aggregate.function];
  assert(code !== undefined, `the kernel has no aggregate ${aggregate.function}`);
  const { argument, parameter } = aggregate;
  const sketch = ["APPROX_COUNT_DISTINCT", "HLL_SKETCH", "HLL_UNION"].includes(aggregate.function);
  assert(!sketch || (parameter >= LEAST_LG_K && parameter <= MOST_LG_K), "a sketch has 2^4 to 2^21 registers");
  out.words([code, optional(argument?.register ?? null), argument === null ? 0 : typeCode(argument.type)]);
  out.words([aggregate.distinct ? 1 : 0, optional(aggregate.filter), aggregate.result]);
  out.words([typeCode(aggregate.resultType), parameter]);
}
