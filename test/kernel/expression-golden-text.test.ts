/** Strings and times whose values are known: Flink's own tests, its documented examples, and the corners of each rule. */
import { describe } from "bun:test";
import type { DataType } from "../../src/core/type.ts";
import type { BoundExpression } from "../../src/plan/plan.ts";
import { poison } from "../oracle/expression-value.ts";
import {
  BIGINT,
  BOOLEAN,
  call,
  cast,
  DATE,
  INT,
  int,
  LTZ,
  literal,
  STRING,
  TIMESTAMP,
  text,
  time,
  tryCast,
} from "./expression-build.ts";
import { golden } from "./expression-golden.ts";

const micros = (iso: string): bigint => BigInt(Date.parse(iso)) * 1000n;
const at = (iso: string): BoundExpression => literal(micros(iso), TIMESTAMP);
const days = (iso: string): bigint => BigInt(Date.parse(iso) / 86_400_000);
const absent = literal(null, STRING);

describe("strings", () => {
  const like = (value: string, pattern: string) => call("LIKE", BOOLEAN, text(value), text(pattern), text("\\"));
  golden([
    ["CHAR_LENGTH counts characters", call("CHAR_LENGTH", INT, text("héllo 日本語 🎉")), 11n],
    ["SUBSTRING counts characters", call("SUBSTRING", STRING, text("héllo"), int(2), int(3)), "éll"],
    ["SUBSTRING from 0 is from 1", call("SUBSTRING", STRING, text("abc"), int(0), int(2)), "ab"],
    ["SUBSTRING from the end", call("SUBSTRING", STRING, text("abc"), int(-2)), "bc"],
    ["SUBSTRING before the start is empty", call("SUBSTRING", STRING, text("abc"), int(-4)), ""],
    ["SUBSTRING of negative length is NULL", call("SUBSTRING", STRING, text("abc"), int(1), int(-1)), null],
    ["UPPER maps letter by letter", call("UPPER", STRING, text("straße ÿ жάς")), "STRAßE Ÿ ЖΆΣ"],
    ["LOWER maps letter by letter", call("LOWER", STRING, text("ÀŸ ЖΣ ẞ")), "àÿ жσ ß"],
    ["INITCAP", call("INITCAP", STRING, text("hello wORLD 1st x-y")), "Hello World 1st X-Y"],
    ["TRIM takes a set of characters", call("TRIM_BOTH", STRING, text(" éab é"), text("é ")), "ab"],
    [
      "REPLACE of nothing stands between all characters",
      call("REPLACE", STRING, text("aé"), text(""), text("-")),
      "-a-é-",
    ],
    ["REPLACE goes left to right", call("REPLACE", STRING, text("aaa"), text("aa"), text("b")), "ba"],
    ["POSITION counts characters", call("POSITION", INT, text("ö"), text("wélö")), 4n],
    ["POSITION of nothing is 1", call("POSITION", INT, text(""), text("abc")), 1n],
    ["LPAD fills", call("LPAD", STRING, text("hi"), int(7), text("ab")), "ababahi"],
    ["LPAD cuts", call("LPAD", STRING, text("hi"), int(1), text("??")), "h"],
    ["LPAD with nothing is NULL", call("LPAD", STRING, text("hi"), int(4), text("")), null],
    ["REVERSE turns characters", call("REVERSE", STRING, text("aé日🎉")), "🎉日éa"],
    ["REPEAT too long is an error", call("REPEAT", STRING, text("abcdefgh"), int(2 ** 30)), poison],
    ["SPLIT_INDEX keeps empty parts", call("SPLIT_INDEX", STRING, text("a,b,,c"), text(","), int(2)), ""],
    ["SPLIT_INDEX beyond the parts is NULL", call("SPLIT_INDEX", STRING, text("a,b"), text(","), int(2)), null],
    ["CONCAT is NULL when one is", call("CONCAT", STRING, text("a"), absent, text("c")), null],
    ["CONCAT_WS passes NULLs over", call("CONCAT_WS", STRING, text("-"), text("a"), absent, text("c")), "a-c"],
    ["CONCAT_WS of NULLs is empty", call("CONCAT_WS", STRING, text("-"), absent, absent), ""],
    ["CONCAT_WS with a NULL separator is NULL", call("CONCAT_WS", STRING, absent, text("a")), null],
    ["strings are compared by bytes", call("LT", BOOLEAN, text("Z"), text("é")), true],
    ["a prefix is less", call("LT", BOOLEAN, text("x".repeat(20)), text("x".repeat(21))), true],
    ["LIKE equality", like("abc", "abc"), true],
    ["LIKE prefix", like("abcd", "ab%"), true],
    ["LIKE suffix", like("abcd", "%cd"), true],
    ["LIKE contains", like("xxabyy", "%ab%"), true],
    ["LIKE one character", like("日本", "_本"), true],
    ["LIKE goes back", like("xxabyyabz", "%ab_"), true],
    ["LIKE escapes", like("a%b", "a\\%b"), true],
    ["an escaped % is no wildcard", like("axb", "a\\%b"), false],
    ["LIKE '' is the empty string", like("a", ""), false],
  ]);
});

describe("times and text", () => {
  const parse = (value: string, pattern: string): BoundExpression =>
    call("TO_TIMESTAMP", TIMESTAMP, text(value), text(pattern));
  const show = (iso: string, pattern: string): BoundExpression => call("DATE_FORMAT", STRING, at(iso), text(pattern));
  golden([
    ["TIMESTAMP(3) prints three digits", cast(at("2024-02-29T12:34:56.7Z"), STRING), "2024-02-29 12:34:56.700"],
    ["a time before 1970", cast(at("1969-12-31T23:59:59.999Z"), STRING), "1969-12-31 23:59:59.999"],
    ["the year 0", cast(at("0000-01-01T00:00:00Z"), STRING), "0000-01-01 00:00:00.000"],
    ["TIME prints the shortest fraction", cast(literal(45_296_700n, time(3)), STRING), "12:34:56.7"],
    ["text with a T and a Z", cast(text("2024-05-01T01:02:03.123456Z"), TIMESTAMP), micros("2024-05-01T01:02:03.123Z")],
    ["a date alone is midnight", cast(text(" 2024-5-1 "), TIMESTAMP), micros("2024-05-01T00:00:00Z")],
    [
      "a day beyond its month is the last",
      cast(text("2023-02-30 00:00:00"), TIMESTAMP),
      micros("2023-02-28T00:00:00Z"),
    ],
    ["but no DATE", cast(text("2023-02-30"), DATE), poison],
    ["text behind a date is left out", cast(text("2024-05-01 noise"), DATE), days("2024-05-01")],
    ["TRY_CAST of no date is NULL", tryCast(text("tomorrow"), DATE), null],
    ["TO_TIMESTAMP of no time is NULL", call("TO_TIMESTAMP", TIMESTAMP, text("nope")), null],
    [
      "TO_TIMESTAMP cuts to milliseconds",
      call("TO_TIMESTAMP", TIMESTAMP, text("2024-05-01 00:00:00.1239")),
      micros("2024-05-01T00:00:00.123Z"),
    ],
    ["digits without separators", parse("20240501123456789", "yyyyMMddHHmmssSSS"), micros("2024-05-01T12:34:56.789Z")],
    [
      "a pattern that does not fit is tried as the default",
      parse("2024-5-1 1:2:3", "dd/MM/yyyy"),
      micros("2024-05-01T01:02:03Z"),
    ],
    ["missing parts are 1970", parse("12:30", "HH:mm"), micros("1970-01-01T12:30:00Z")],
    ["TO_DATE with a pattern", call("TO_DATE", DATE, text("01/05/2024"), text("dd/MM/yyyy")), days("2024-05-01")],
    ["DATE_FORMAT names", show("2024-02-29T12:34:56Z", "EEEE, d MMM yyyy h:mm a"), "Thursday, 29 Feb 2024 12:34 PM"],
    ["DATE_FORMAT quotes", show("2024-02-29T00:00:00Z", "'o''clock' H"), "o'clock 0"],
    ["DATE_FORMAT cuts the fraction", show("2024-02-29T00:00:00.987Z", "SS"), "98"],
    ["UNIX_TIMESTAMP", call("UNIX_TIMESTAMP", BIGINT, text("2024-01-01 00:00:00")), 1_704_067_200n],
    ["UNIX_TIMESTAMP of no time is NULL", call("UNIX_TIMESTAMP", BIGINT, text("x")), null],
    ["FROM_UNIXTIME", call("FROM_UNIXTIME", STRING, literal(1_704_067_200n, BIGINT)), "2024-01-01 00:00:00"],
  ]);
});

describe("times by the calendar", () => {
  const extract = (unit: string, iso: string): BoundExpression => call("EXTRACT", BIGINT, text(unit), at(iso));
  const floor = (iso: string, unit: string): BoundExpression => call("FLOOR_TIME", TIMESTAMP, at(iso), text(unit));
  const ceil = (iso: string, unit: string): BoundExpression => call("CEIL_TIME", TIMESTAMP, at(iso), text(unit));
  const add = (iso: string, amount: bigint, kind: "interval_day" | "interval_month"): BoundExpression =>
    call("ADD", TIMESTAMP, at(iso), literal(amount, { kind } as DataType));
  const months = (from: string, to: string): BoundExpression =>
    call("TIMESTAMPDIFF", INT, text("MONTH"), at(from), at(to));
  golden([
    ["ISO week 53", extract("WEEK", "2020-12-31T00:00:00Z"), 53n],
    ["the ISO year of 1 January", extract("ISOYEAR", "2021-01-01T00:00:00Z"), 2020n],
    ["DOW 1 is Sunday", extract("DOW", "2024-03-03T00:00:00Z"), 1n],
    ["ISODOW 7 is Sunday", extract("ISODOW", "2024-03-03T00:00:00Z"), 7n],
    ["DOY of a leap year", extract("DOY", "2024-12-31T00:00:00Z"), 366n],
    ["the century of 2000", extract("CENTURY", "2000-06-01T00:00:00Z"), 20n],
    ["the millennium of 2001", extract("MILLENNIUM", "2001-01-01T00:00:00Z"), 3n],
    ["MICROSECOND is within the second", extract("MICROSECOND", "2024-01-01T00:00:07.123Z"), 123_000n],
    ["HOUR before 1970", extract("HOUR", "1969-12-31T23:30:00Z"), 23n],
    ["EPOCH before 1970 is floored", extract("EPOCH", "1969-12-31T23:59:59.500Z"), -1n],
    ["weeks begin on Sunday", floor("2021-02-27T10:00:00Z", "WEEK"), micros("2021-02-21T00:00:00Z")],
    ["FLOOR to DAY before 1970", floor("1969-12-31T23:59:59Z", "DAY"), micros("1969-12-31T00:00:00Z")],
    ["CEIL to MONTH on the first day stays", ceil("2021-03-01T10:00:00Z", "MONTH"), micros("2021-03-01T00:00:00Z")],
    ["CEIL to MONTH", ceil("2021-12-02T00:00:00Z", "MONTH"), micros("2022-01-01T00:00:00Z")],
    ["CEIL to HOUR", ceil("2021-12-31T23:00:00.001Z", "HOUR"), micros("2022-01-01T00:00:00Z")],
    ["a month after 31 January", add("2024-01-31T12:00:00Z", 1n, "interval_month"), micros("2024-02-29T12:00:00Z")],
    ["a year before 29 February", add("2024-02-29T00:00:00Z", -12n, "interval_month"), micros("2023-02-28T00:00:00Z")],
    ["five seconds before", add("2024-01-01T00:00:00Z", -5000n, "interval_day"), micros("2023-12-31T23:59:55Z")],
    [
      "a time of day stays inside its day",
      call("ADD", time(3), literal(86_399_000n, time(3)), literal(2000n, { kind: "interval_day" })),
      1000n,
    ],
    ["31 January to 29 February is a month", months("2024-01-31T00:00:00Z", "2024-02-29T00:00:00Z"), 1n],
    ["a month less an hour is none", months("2024-01-15T12:00:00Z", "2024-02-15T11:00:00Z"), 0n],
    ["TO_TIMESTAMP_LTZ of seconds", call("TO_TIMESTAMP_LTZ", LTZ, literal(1n, BIGINT), int(0)), 1_000_000n],
    [
      "TO_TIMESTAMP_LTZ beyond 9999 is NULL",
      call("TO_TIMESTAMP_LTZ", LTZ, literal(253_402_300_800_000n, BIGINT), int(3)),
      null,
    ],
  ]);
});
