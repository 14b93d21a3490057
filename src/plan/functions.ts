/**
 * The scalar functions: one table, a row per function with its id (what the plan and the compiler know), the names a
 * person may write, the types it takes and the type it gives. `bind-call.ts` reads it; nothing else decides what a
 * function accepts. Result types are Flink's.
 */
import type { DataType } from "../core/type.ts";
import { castTo } from "./cast.ts";
import { call, literal } from "./expression.ts";
import type { BoundExpression } from "./plan.ts";
import {
  BIGINT,
  BOOLEAN,
  BYTES,
  DATE,
  DOUBLE,
  decimalRounded,
  INT,
  isDecimal,
  isInteger,
  isNested,
  isNumeric,
  isString,
  isTemporal,
  isTimestamp,
  STRING,
  TIMESTAMP_3,
} from "./type-rules.ts";

/** What an argument may be, and what it is turned into. */
export interface Family {
  readonly expected: string;
  readonly accepts: (type: DataType) => boolean;
  /** The argument is cast to this; absent = it stays what it is. A NULL literal becomes `whenNull`. */
  readonly castTo?: DataType;
  readonly whenNull: DataType;
}

const string: Family = { expected: "a string", accepts: isString, whenNull: STRING };
const bytes: Family = { expected: "BYTES", accepts: ({ kind }) => kind === "bytes", whenNull: BYTES };
const int: Family = {
  expected: "an INT",
  accepts: (type) => isInteger(type) && type.kind !== "bigint",
  castTo: INT,
  whenNull: INT,
};
const bigint: Family = { expected: "a whole number", accepts: isInteger, castTo: BIGINT, whenNull: BIGINT };
const numeric: Family = { expected: "a number", accepts: isNumeric, whenNull: INT };
const double: Family = { expected: "a number", accepts: isNumeric, castTo: DOUBLE, whenNull: DOUBLE };
const temporal: Family = { expected: "a date, time or timestamp", accepts: isTemporal, whenNull: TIMESTAMP_3 };
const any: Family = { expected: "a plain value", accepts: (type) => !isNested(type), whenNull: { kind: "null" } };
/** `DATE_FORMAT('2024-05-01 …', …)` reads the string as a timestamp first. */
const timestampOrString: Family = {
  expected: "a timestamp",
  accepts: (type) => isTimestamp(type) || type.kind === "date" || isString(type),
  whenNull: TIMESTAMP_3,
};

export interface Parameter {
  readonly name: string;
  readonly family: Family;
  /** Must be written as a literal, not NULL. */
  readonly literal?: true;
}

export interface ScalarFunction {
  readonly id: string;
  /** Upper-case; the first is the one shown. */
  readonly names: readonly string[];
  readonly parameters: readonly Parameter[];
  /** How many of the last parameters may be left out. */
  readonly optional?: number;
  /** The last parameter may be repeated. */
  readonly variadic?: true;
  /** All arguments meet in one type. */
  readonly common?: true;
  readonly type: (args: readonly BoundExpression[]) => DataType;
  /** Absent: NULL when an argument is. */
  readonly nullable?: (args: readonly BoundExpression[]) => boolean;
  /** What is written instead of the call. */
  readonly rewrite?: (args: readonly BoundExpression[]) => BoundExpression;
}

const always = (): boolean => true;
const typeOfFirst = (args: readonly BoundExpression[]): DataType => args[0]?.type ?? STRING;
const of = (type: DataType) => (): DataType => type;

function parameter(name: string, family: Family): Parameter {
  return { name, family };
}
function literalParameter(name: string, family: Family): Parameter {
  return { name, family, literal: true };
}

const text = parameter("text", string);
const x = parameter("x", numeric);
const t = parameter("t", temporal);
const format = literalParameter("format", string);

function rounded(args: readonly BoundExpression[]): DataType {
  const [value, digits] = args;
  const type = value?.type ?? INT;
  if (!isDecimal(type)) return type;
  if (digits === undefined) return decimalRounded(type, 0);
  return digits.kind === "literal" && digits.value !== null ? decimalRounded(type, Number(digits.value)) : type;
}

/** Calcite's rule: as many digits as before, none of them behind the point. */
function whole([value]: readonly BoundExpression[]): DataType {
  const type = value?.type ?? INT;
  return isDecimal(type) ? { ...type, scale: 0 } : type;
}

function stringFunction(id: string, names: readonly string[], ...parameters: readonly Parameter[]): ScalarFunction {
  return { id, names, parameters, type: of(STRING) };
}

function doubleFunction(id: string, ...names: readonly string[]): ScalarFunction {
  return { id, names, parameters: [parameter("x", double)], type: of(DOUBLE) };
}

const mathFunctions: readonly ScalarFunction[] = [
  { id: "ABS", names: ["ABS"], parameters: [x], type: typeOfFirst },
  { id: "FLOOR", names: ["FLOOR"], parameters: [x], type: whole },
  { id: "CEIL", names: ["CEIL", "CEILING"], parameters: [x], type: whole },
  { id: "ROUND", names: ["ROUND"], parameters: [x, parameter("digits", int)], optional: 1, type: rounded },
  { id: "TRUNCATE", names: ["TRUNCATE"], parameters: [x, parameter("digits", int)], optional: 1, type: rounded },
  { id: "SIGN", names: ["SIGN"], parameters: [x], type: typeOfFirst },
  doubleFunction("SQRT", "SQRT"),
  doubleFunction("EXP", "EXP"),
  doubleFunction("LN", "LN"),
  doubleFunction("LOG10", "LOG10"),
  doubleFunction("LOG2", "LOG2"),
  {
    id: "LOG",
    names: ["LOG"],
    parameters: [parameter("base", double), parameter("x", double)],
    optional: 1,
    type: of(DOUBLE),
    rewrite: (args) => {
      const logs = args.map((argument) => call("LN", [argument], { type: DOUBLE }));
      const [base, value] = logs;
      return value === undefined
        ? (base as BoundExpression)
        : call("DIV", [value, base as BoundExpression], { type: DOUBLE });
    },
  },
  { id: "POWER", names: ["POWER"], parameters: [parameter("x", double), parameter("y", double)], type: of(DOUBLE) },
  {
    id: "GREATEST",
    names: ["GREATEST"],
    parameters: [parameter("value", any)],
    variadic: true,
    common: true,
    type: typeOfFirst,
  },
  {
    id: "LEAST",
    names: ["LEAST"],
    parameters: [parameter("value", any)],
    variadic: true,
    common: true,
    type: typeOfFirst,
  },
];

const conditionalFunctions: readonly ScalarFunction[] = [
  {
    id: "COALESCE",
    names: ["COALESCE", "IFNULL"],
    parameters: [parameter("value", any)],
    variadic: true,
    common: true,
    type: typeOfFirst,
    nullable: (args) => args.every((argument) => argument.nullable),
  },
];

/** `TRIM(x)` and its like: without characters, blanks. */
function trim(id: string, ...names: readonly string[]): ScalarFunction {
  return {
    id,
    names,
    parameters: [text, parameter("characters", string)],
    optional: 1,
    type: of(STRING),
    rewrite: (args) => call(id, args.length > 1 ? args : [...args, literal(" ", STRING)], { type: STRING }),
  };
}

const stringFunctions: readonly ScalarFunction[] = [
  { id: "CONCAT", names: ["CONCAT"], parameters: [text], variadic: true, type: of(STRING) },
  {
    id: "CONCAT_WS",
    names: ["CONCAT_WS"],
    parameters: [parameter("separator", string), text],
    variadic: true,
    type: of(STRING),
    nullable: (args) => args[0]?.nullable ?? true,
  },
  stringFunction("UPPER", ["UPPER", "UCASE"], text),
  stringFunction("LOWER", ["LOWER", "LCASE"], text),
  { id: "CHAR_LENGTH", names: ["CHAR_LENGTH", "CHARACTER_LENGTH", "LENGTH"], parameters: [text], type: of(INT) },
  {
    id: "SUBSTRING",
    names: ["SUBSTRING", "SUBSTR"],
    parameters: [text, parameter("from", int), parameter("length", int)],
    optional: 1,
    type: of(STRING),
  },
  trim("TRIM_BOTH", "TRIM", "BTRIM"),
  trim("TRIM_LEADING", "LTRIM"),
  trim("TRIM_TRAILING", "RTRIM"),
  stringFunction("REPLACE", ["REPLACE"], text, parameter("from", string), parameter("to", string)),
  { id: "POSITION", names: ["POSITION", "LOCATE"], parameters: [parameter("needle", string), text], type: of(INT) },
  {
    id: "INSTR",
    names: ["INSTR"],
    parameters: [text, parameter("needle", string)],
    type: of(INT),
    rewrite: (args) => call("POSITION", [...args].reverse(), { type: INT }),
  },
  { id: "STARTSWITH", names: ["STARTSWITH"], parameters: [text, parameter("start", string)], type: of(BOOLEAN) },
  { id: "ENDSWITH", names: ["ENDSWITH"], parameters: [text, parameter("end", string)], type: of(BOOLEAN) },
  stringFunction("LPAD", ["LPAD"], text, parameter("length", int), parameter("pad", string)),
  stringFunction("RPAD", ["RPAD"], text, parameter("length", int), parameter("pad", string)),
  stringFunction("REVERSE", ["REVERSE"], text),
  stringFunction("REPEAT", ["REPEAT"], text, parameter("count", int)),
  stringFunction("LEFT", ["LEFT"], text, parameter("length", int)),
  stringFunction("RIGHT", ["RIGHT"], text, parameter("length", int)),
  {
    id: "SPLIT_INDEX",
    names: ["SPLIT_INDEX"],
    parameters: [text, parameter("separator", string), parameter("index", int)],
    type: of(STRING),
    nullable: always,
  },
  stringFunction("INITCAP", ["INITCAP"], text),
  { id: "HLL_ESTIMATE", names: ["HLL_ESTIMATE"], parameters: [parameter("sketch", bytes)], type: of(BIGINT) },
  { id: "ASCII", names: ["ASCII"], parameters: [text], type: of(INT) },
];

/** `HOUR(t)` for `EXTRACT(HOUR FROM t)`. */
function extractShortcut(name: string, unit: string): ScalarFunction {
  return {
    id: "EXTRACT",
    names: [name],
    parameters: [t],
    type: of(BIGINT),
    rewrite: (args) => call("EXTRACT", [literal(unit, STRING), ...args], { type: BIGINT }),
  };
}

/** Text that is no timestamp gives NULL, so the result may always be NULL. */
function toTimestamp(args: readonly BoundExpression[]): BoundExpression {
  return call("TO_TIMESTAMP", args, { type: TIMESTAMP_3, nullable: true });
}

const timeFunctions: readonly ScalarFunction[] = [
  {
    id: "TO_TIMESTAMP_LTZ",
    names: ["TO_TIMESTAMP_LTZ"],
    parameters: [parameter("epoch", bigint), literalParameter("precision 0 or 3", int)],
    optional: 1,
    type: of({ kind: "timestamp_ltz", precision: 3 }),
    nullable: always,
    rewrite: (args) =>
      call("TO_TIMESTAMP_LTZ", args.length > 1 ? args : [...args, literal(3n, INT)], {
        type: { kind: "timestamp_ltz", precision: 3 },
        nullable: true,
      }),
  },
  {
    id: "TO_TIMESTAMP",
    names: ["TO_TIMESTAMP"],
    parameters: [text, format],
    optional: 1,
    type: of(TIMESTAMP_3),
    nullable: always,
  },
  { id: "TO_DATE", names: ["TO_DATE"], parameters: [text, format], optional: 1, type: of(DATE), nullable: always },
  {
    id: "DATE_FORMAT",
    names: ["DATE_FORMAT"],
    parameters: [parameter("t", timestampOrString), format],
    type: of(STRING),
    rewrite: ([value, pattern]) => {
      const given = value as BoundExpression;
      const time = isString(given.type)
        ? toTimestamp([given])
        : castTo(given, isTimestamp(given.type) ? given.type : TIMESTAMP_3);
      return call("DATE_FORMAT", [time, pattern as BoundExpression], { type: STRING });
    },
  },
  {
    id: "UNIX_TIMESTAMP",
    names: ["UNIX_TIMESTAMP"],
    parameters: [text, format],
    optional: 1,
    type: of(BIGINT),
    nullable: always,
  },
  {
    id: "FROM_UNIXTIME",
    names: ["FROM_UNIXTIME"],
    parameters: [parameter("seconds", bigint), format],
    optional: 1,
    type: of(STRING),
  },
  extractShortcut("YEAR", "YEAR"),
  extractShortcut("QUARTER", "QUARTER"),
  extractShortcut("MONTH", "MONTH"),
  extractShortcut("WEEK", "WEEK"),
  extractShortcut("DAYOFYEAR", "DOY"),
  extractShortcut("DAYOFMONTH", "DAY"),
  extractShortcut("DAYOFWEEK", "DOW"),
  extractShortcut("HOUR", "HOUR"),
  extractShortcut("MINUTE", "MINUTE"),
  extractShortcut("SECOND", "SECOND"),
];

export const scalarFunctions: readonly ScalarFunction[] = [
  ...mathFunctions,
  ...conditionalFunctions,
  ...stringFunctions,
  ...timeFunctions,
];

const byName = new Map(scalarFunctions.flatMap((entry) => entry.names.map((name) => [name, entry] as const)));

export function findFunction(name: string): ScalarFunction | undefined {
  return byName.get(name);
}

/** Bound by rules of their own in `bind-call.ts`. */
export const specialFunctions = ["PROCTIME", "IF", "NULLIF", "MOD", "TIMESTAMPADD", "TIMESTAMPDIFF"] as const;

/** Flink's, and known not to be here: they get a better answer than "no such function". */
export const functionsNotHere: ReadonlyMap<string, string> = new Map([
  ...[
    "NOW",
    "CURRENT_TIMESTAMP",
    "CURRENT_DATE",
    "CURRENT_TIME",
    "LOCALTIME",
    "LOCALTIMESTAMP",
    "CURRENT_ROW_TIMESTAMP",
  ].map((name) => [name, "results that depend on the clock cannot be replayed: use an event time column"] as const),
  ...["RAND", "RAND_INTEGER", "UUID"].map((name) => [name, "random results cannot be replayed"] as const),
  ...[
    "REGEXP",
    "REGEXP_EXTRACT",
    "REGEXP_REPLACE",
    "SIMILAR",
    "OVERLAY",
    "TRANSLATE",
    "PARSE_URL",
    "URL_DECODE",
    "URL_ENCODE",
  ].map((name) => [name, "LIKE, SUBSTRING, POSITION, REPLACE and SPLIT_INDEX are there"] as const),
  ...["JSON_VALUE", "JSON_QUERY", "JSON_EXISTS"].map(
    (name) =>
      [name, "declare the field in the table, as a ROW where it is nested: data ROW<id BIGINT>, then data.id"] as const,
  ),
  ...["MD5", "SHA1", "SHA256", "SHA512", "ENCODE", "DECODE", "HEX", "BIN", "TO_BASE64", "FROM_BASE64"].map(
    (name) => [name, ""] as const,
  ),
  ...[
    "SIN",
    "COS",
    "TAN",
    "ASIN",
    "ACOS",
    "ATAN",
    "ATAN2",
    "SINH",
    "COSH",
    "TANH",
    "DEGREES",
    "RADIANS",
    "PI",
    "E",
  ].map((name) => [name, ""] as const),
  ...["CONVERT_TZ", "CARDINALITY", "ELEMENT", "CURRENT_WATERMARK", "ROW_NUMBER", "LAG", "LEAD"].map(
    (name) => [name, ""] as const,
  ),
]);

/** Every name a person may call, for suggestions. */
export const functionNames: readonly string[] = [...byName.keys(), ...specialFunctions];
