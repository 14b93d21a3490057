/**
 * What other databases call it: functions and types of PostgreSQL, MySQL, Spark, BigQuery and ClickHouse that Flink SQL writes
 * in another way. Only hints are made of it; a name that Flink has itself never stands here.
 */

const functions: Readonly<Record<string, readonly string[]>> = {
  "FLOOR(ts TO HOUR)": ["DATE_TRUNC", "TIMESTAMP_TRUNC", "TRUNC", "TOSTARTOFHOUR"],
  "EXTRACT(HOUR FROM ts)": ["DATE_PART", "DATEPART"],
  "ts + INTERVAL '1' DAY": ["DATE_ADD", "ADDDATE", "DATEADD", "ADD_MONTHS", "TIMESTAMP_ADD"],
  "ts - INTERVAL '1' DAY": ["DATE_SUB", "SUBDATE", "TIMESTAMP_SUB"],
  "TIMESTAMPDIFF(DAY, a, b)": ["DATEDIFF", "DATE_DIFF", "TIMESTAMP_DIFF", "AGE", "MONTHS_BETWEEN"],
  "TO_TIMESTAMP_LTZ(ms, 3)": ["FROM_UNIXTIME_MS", "TIMESTAMP_MILLIS", "EPOCH_MS", "FROMUNIXTIMESTAMP64MILLI"],
  "TO_TIMESTAMP_LTZ(seconds, 0)": ["TIMESTAMP_SECONDS", "FROM_EPOCH"],
  "TO_TIMESTAMP(text, 'yyyy-MM-dd HH:mm:ss')": ["STR_TO_DATE", "PARSE_TIMESTAMP", "STRPTIME", "TODATETIME"],
  "DATE_FORMAT(ts, 'yyyy-MM-dd')": ["TO_CHAR", "FORMAT_TIMESTAMP", "FORMATDATETIME", "STRFTIME"],
  "FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '5' MINUTE))": ["TIME_BUCKET", "DATE_BIN"],
  "COALESCE(a, b)": ["NVL", "ISNULL", "ZEROIFNULL"],
  "CASE WHEN a THEN b ELSE c END": ["IIF", "MULTIIF"],
  "POSITION(needle IN text)": ["STRPOS", "CHARINDEX"],
  "SPLIT_INDEX(text, separator, index)": ["SPLIT_PART", "SUBSTRING_INDEX"],
  "CHAR_LENGTH(text)": ["LEN", "LENGTHUTF8"],
  "SUBSTRING(text, from, length)": ["MID"],
  "text LIKE 'a%'": ["STARTS_WITH", "REGEXP_LIKE"],
  "TRY_CAST(x AS type)": ["SAFE_CAST"],
  "CAST(text AS DECIMAL(10, 2))": ["TO_NUMBER"],
  "COUNT(*) FILTER (WHERE condition)": ["COUNT_IF", "COUNTIF"],
  "SUM(x) FILTER (WHERE condition)": ["SUMIF", "SUM_IF"],
  "APPROX_COUNT_DISTINCT(x)": ["APPROX_DISTINCT", "UNIQ", "UNIQHLL12", "HLL_COUNT"],
  "COUNT(DISTINCT x)": ["UNIQEXACT", "COUNT_DISTINCT"],
  "AVG(x)": ["MEAN"],
  "STDDEV_SAMP(x)": ["STDEV"],
};

const types: Readonly<Record<string, readonly string[]>> = {
  STRING: ["TEXT", "NVARCHAR", "VARCHAR2", "LONGTEXT", "UUID", "ENUM"],
  BOOLEAN: ["BOOL", "BIT"],
  TINYINT: ["BYTE"],
  SMALLINT: ["SHORT", "INT16"],
  INT: ["INT4", "INT32", "MEDIUMINT", "SERIAL"],
  BIGINT: ["LONG", "INT8", "INT64", "BIGSERIAL", "UINT32"],
  "DECIMAL(20, 0)": ["UINT64"],
  "DECIMAL(p, s)": ["NUMBER", "MONEY", "BIGNUMERIC"],
  FLOAT: ["FLOAT4", "FLOAT32"],
  DOUBLE: ["FLOAT8", "FLOAT64"],
  "TIMESTAMP(3)": ["DATETIME", "DATETIME2", "DATETIME64", "TIMESTAMP_NTZ"],
  "TIMESTAMP_LTZ(3)": ["TIMESTAMPTZ", "TIMESTAMP_TZ"],
  BYTES: ["BLOB", "BYTEA"],
  "ROW<field type, …> or STRING": ["JSON", "JSONB", "STRUCT", "VARIANT", "OBJECT"],
};

function byForeignName(table: Readonly<Record<string, readonly string[]>>): ReadonlyMap<string, string> {
  return new Map(Object.entries(table).flatMap(([ours, names]) => names.map((name) => [name, ours] as const)));
}

/** Upper-case name elsewhere → how Flink SQL writes it. */
export const foreignFunctions = byForeignName(functions);
/** Upper-case name elsewhere → the type here. */
export const foreignTypes = byForeignName(types);
