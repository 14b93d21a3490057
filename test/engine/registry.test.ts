/** What the connectors say of options: an error stands at what was written, and names what was probably meant. */
import { expect, test } from "bun:test";
import { checkSetting, settingNames } from "../../src/config/options.ts";
import { connectorCatalog } from "../../src/engine/registry.ts";
import { planScript } from "../../src/plan/plan-script.ts";
import { parse } from "../../src/sql/parse.ts";

/** Each error as the text it points at, its code and its hint. */
function complaints(options: string): string[] {
  const text = `CREATE TABLE t (a INT) WITH (${options});`;
  const settings = { catalog: { check: checkSetting, names: settingNames }, initial: {} };
  const { errors } = planScript({ statements: parse(text), text, connectors: connectorCatalog, settings });
  return errors.map(({ code, span, hint }) => `${text.slice(span.start, span.end)} ${code}: ${hint}`);
}

test("a misspelt key 'connector' is pointed at", () => {
  expect(complaints("'conector' = 'print'")).toEqual([`'conector' MISSING-OPTION: did you mean "connector"?`]);
});

test("without any connector all of them are named", () => {
  const hint = "add WITH ('connector' = '…'), one of kafka, filesystem, datagen, blackhole, print, view";
  expect(complaints("'topic' = 'x'")).toEqual([`t MISSING-OPTION: ${hint}`]);
});

test("a misspelt family of options is told with the rest of the name", () => {
  const options = "'connector' = 'kafka', 'topic' = 'x', 'format' = 'json', 'properties.bootstrap.servers' = 'h:1'";
  expect(complaints(`${options}, 'propertis.group.id' = 'g'`)).toEqual([
    `'propertis.group.id' UNKNOWN-OPTION: did you mean "properties.group.id"?`,
  ]);
});

test("a format that is not there is pointed at where it is written", () => {
  const options = "'connector' = 'filesystem', 'path' = 'x'";
  expect(complaints(`${options}, 'format' = 'jsn'`)).toEqual(["'jsn' TABLE-OPTION: this release has json or raw"]);
});
