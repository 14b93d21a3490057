import { describe, expect, test } from "bun:test";
import { parse } from "../../src/sql/parse.ts";
import { type Paint, placeOf, renderError } from "../../src/sql/render-error.ts";
import type { SqlError } from "../../src/sql/tree.ts";

function at(text: string, part: string, more: Partial<SqlError> = {}): string {
  const start = text.indexOf(part);
  const error: SqlError = { code: "X", message: "m", hint: null, span: { start, end: start + part.length }, ...more };
  return renderError({ text, fileName: "job.sql", error });
}

/** The line shown and the line of carets, without gutters. */
function shown(rendered: string): { line: string; carets: string } {
  const lines = rendered.split("\n");
  const cut = (line: string | undefined): string => (line ?? "").replace(/^ *\d* \| ?/, "");
  return { line: cut(lines[3]), carets: cut(lines[4]) };
}

describe("renderError", () => {
  test("prints message, place, line, caret and hint", () => {
    const text = "SELECT a\nFORM clicks;\n";
    const rendered = parse(text).errors.map((error) => renderError({ text, fileName: "dir/job.sql", error }));
    expect(rendered).toEqual([
      [
        "error[SYNTAX]: expected ',' or FROM, found 'FORM'",
        " --> dir/job.sql:2:1",
        "  |",
        "2 | FORM clicks;",
        "  | ^^^^",
        "  = hint: did you mean 'FROM'?",
      ].join("\n"),
    ]);
  });

  test("the gutter is as wide as the line number", () => {
    const text = `${"\n".repeat(99)}SELECT x`;
    expect(at(text, "x")).toBe(
      ["error[X]: m", "   --> job.sql:100:8", "    |", "100 | SELECT x", "    |        ^"].join("\n"),
    );
  });

  test("carets stand under wide characters, tabs, emoji and combining marks", () => {
    expect(shown(at("'漢字' bad", "bad"))).toEqual({ line: "'漢字' bad", carets: "       ^^^" });
    expect(shown(at("a '漢字'", "'漢字'")).carets).toBe("  ^^^^^^");
    expect(shown(at("\ta\tbad", "bad"))).toEqual({ line: "    a   bad", carets: "        ^^^" });
    expect(shown(at("👩‍👩‍👧 bad", "bad")).carets).toBe("   ^^^");
    expect(shown(at("e\u0301 bad", "bad")).carets).toBe("  ^^^");
    expect(shown(at("ｱ ﾊﾞ bad", "bad")).carets.trimStart()).toBe("^^^");
  });

  test("the column counts characters, not UTF-16 units", () => {
    expect(at("🚀🚀 x", "x")).toContain("job.sql:1:4");
  });

  test("line ends \\r\\n and \\n give the same text", () => {
    expect(at("SELECT a,\r\n  b c\r\nFROM t", "c")).toBe(at("SELECT a,\n  b c\nFROM t", "c"));
  });

  test("a span over several lines is underlined to the end of its first", () => {
    expect(shown(at("a 'x\ny' b", "'x\ny'"))).toEqual({ line: "a 'x", carets: "  ^^" });
  });

  test("an empty span, the end of the text and an empty text have one caret", () => {
    const end = { start: 8, end: 8 };
    expect(shown(at("SELECT a", "a", { span: end })).carets).toBe("        ^");
    expect(shown(at("SELECT a\n", "a", { span: { start: 9, end: 9 } }))).toEqual({ line: "", carets: "^" });
    expect(shown(at("", "", { span: { start: 0, end: 0 } }))).toEqual({ line: "", carets: "^" });
  });

  test("a span outside the text is drawn at its end", () => {
    expect(shown(at("abc", "a", { span: { start: 50, end: 60 } })).carets).toBe("   ^");
  });

  test("a long line is cut around the span", () => {
    const text = `SELECT ${"a, ".repeat(400)}wrong, ${"b, ".repeat(400)}c`;
    const { line, carets } = shown(at(text, "wrong"));
    expect(line.length).toBeLessThanOrEqual(162);
    expect(line.startsWith("…") && line.endsWith("…")).toBe(true);
    expect(line.slice(carets.indexOf("^"), carets.lastIndexOf("^") + 1)).toBe("wrong");
  });

  test("a line of ten million characters is cut without being measured", () => {
    const text = `${"x".repeat(5_000_000)} wrong ${"y".repeat(5_000_000)}`;
    const { line, carets } = shown(at(text, "wrong"));
    expect(line.slice(carets.indexOf("^"), carets.lastIndexOf("^") + 1)).toBe("wrong");
  });

  test("control and direction characters of the text never reach the terminal", () => {
    const text = "SELECT '\u001b[31m\u202e' bad";
    const rendered = at(text, "bad", { message: "found '\u001b]0;x\u0007'", hint: "a\nb" });
    expect(rendered.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
    expect(rendered.split("\n")).toHaveLength(6);
    const { line, carets } = shown(rendered);
    expect(line.slice(carets.indexOf("^"), carets.lastIndexOf("^") + 1)).toBe("bad");
  });

  test("colours are the caller's, and change nothing but colours", () => {
    const wrap = (text: string): string => `<${text}>`;
    const paint: Paint = { bold: wrap, red: wrap, blue: wrap };
    const error: SqlError = { code: "X", message: "m", hint: "h", span: { start: 7, end: 8 } };
    const request = { text: "SELECT x", fileName: "f", error };
    const painted = renderError({ ...request, paint });
    expect(painted).toContain("<^>");
    expect(painted.replace(/[<>]/g, "").replace("--", "-->")).toBe(renderError(request));
  });
});

describe("placeOf", () => {
  test("agrees with splitting the text into lines, at every offset", () => {
    const text = "ab\r\n\ncd\n漢🚀x\r\n";
    for (let offset = 0; offset <= text.length; offset++) {
      const before = text.slice(0, offset).split("\n");
      const place = placeOf(text, offset);
      expect(place.line).toBe(before.length);
      expect(place.lineStart).toBe(offset - (before.at(-1) ?? "").length);
      expect(text.slice(place.lineStart, place.lineEnd)).toBe(
        (text.split("\n")[place.line - 1] ?? "").replace(/\r$/, ""),
      );
    }
  });
});
