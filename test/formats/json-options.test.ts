import { describe, expect, test } from "bun:test";
import { EngineError } from "../../src/core/error.ts";
import { jsonOptionNames, readJsonFormat } from "../../src/formats/json.ts";

const read = (options: Record<string, string>, prefix = "") => readJsonFormat({ table: "clicks", options }, prefix);

function refusal(options: Record<string, string>, prefix = ""): string {
  try {
    read(options, prefix);
  } catch (error) {
    if (error instanceof EngineError) return error.message;
  }
  return "";
}

describe("json options", () => {
  test("without options everything is checked and timestamps are lenient", () => {
    expect(read({})).toEqual({
      validation: "full",
      ignoreParseErrors: false,
      failOnMissingField: false,
      timestampFormat: "lenient",
      decimalAsPlainNumber: false,
      ignoreNullFields: false,
    });
  });

  test("each option is read, in any case, behind its prefix", () => {
    const options = {
      "value.json.validation": "Projected",
      "value.json.fail-on-missing-field": "TRUE",
      "value.json.timestamp-format.standard": "iso-8601",
      "value.json.encode.decimal-as-plain-number": "true",
      "value.json.encode.ignore-null-fields": "true",
      "value.json.map-null-key.mode": "DROP",
      "value.json.map-null-key.literal": "none",
    };
    expect(read(options, "value.")).toEqual({
      validation: "projected",
      ignoreParseErrors: false,
      failOnMissingField: true,
      timestampFormat: "ISO-8601",
      decimalAsPlainNumber: true,
      ignoreNullFields: true,
    });
    expect(read(options)).toEqual(read({}));
  });

  test("a table that names a timestamp standard, or ignores errors, means Flink's styles exactly", () => {
    expect(read({ "json.ignore-parse-errors": "true" }).timestampFormat).toBe("SQL");
    expect(read({ "json.timestamp-format.standard": "SQL" }).timestampFormat).toBe("SQL");
  });

  test("a refusal names table, option and value", () => {
    expect(refusal({ "json.validation": "some" })).toBe('table "clicks": option "json.validation" is "some"');
    expect(refusal({ "key.json.ignore-parse-errors": "1" }, "key.")).toBe(
      'table "clicks": option "key.json.ignore-parse-errors" is "1"',
    );
    expect(refusal({ "json.map-null-key.mode": "x" })).toContain("json.map-null-key.mode");
    const both = { "json.ignore-parse-errors": "true", "json.fail-on-missing-field": "true" };
    expect(refusal(both)).toContain("are both true");
  });

  test("names that are inherited by every object are no options", () => {
    expect(jsonOptionNames.every((name) => name.startsWith("json."))).toBe(true);
    expect(read(Object.create({ "json.validation": "projected" })).validation).toBe("full");
  });
});
