import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { findChromium, launchBrowser } from "./browser.ts";
import { type Fixture, jobStatus, MINUTE, NOON, NOON_MS, pageBatch, startFixture } from "./fixture.ts";

const chromium = findChromium();
if (chromium === null) console.log("skipped: the console in a browser (no chromium here; MILLRACE_CHROMIUM names one)");

let browser: Browser;
const servers: Fixture[] = [];
const troubles: string[] = [];
/** Closed after every test: a page left behind would go on asking servers of later ones. */
const contexts: BrowserContext[] = [];

beforeAll(async () => {
  if (chromium !== null) browser = await launchBrowser(chromium);
}, 60_000);
afterAll(async () => {
  await browser?.close();
});
afterEach(async () => {
  for (const context of contexts.splice(0)) await context.close();
  for (const server of servers.splice(0)) await server.listening.stop();
  troubles.length = 0;
});

function start(...args: Parameters<typeof startFixture>): Fixture {
  const server = startFixture(...args);
  servers.push(server);
  return server;
}

async function openPage(url: string, options: Parameters<Browser["newContext"]>[0] = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  contexts.push(context);
  const page = await context.newPage();
  page.on("pageerror", (error) => troubles.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") troubles.push(message.text());
  });
  await page.goto(url);
  return page;
}

const pages = ["/home", "/search", "/cart", "/a", "/b", "/c", "/d", "/e", "/f", "/g"];
/** Minute by minute, the first page most. */
const windowRows = (minute: number) =>
  pages.map((page, rank) => [
    NOON + BigInt(minute) * MINUTE,
    page,
    BigInt(1000 - rank * 90 + minute),
    BigInt(rank * 105),
    0.25,
  ]);

const legend = (page: Page) => page.locator("#legend button").allInnerTexts();
const text = (page: Page, id: string) =>
  page
    .locator(`#${id}`)
    .textContent()
    .then((found) => found ?? "");

async function until(what: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    if (await what()) return;
    await Bun.sleep(25);
  }
  throw new Error(`waited in vain for ${what}`);
}

describe.skipIf(chromium === null)("the console", () => {
  test("draws the live result: top groups as series, rows, watermark, rate; and follows what comes", async () => {
    const server = start();
    for (let minute = 0; minute < 5; minute++)
      server.pages.append(pageBatch(windowRows(minute), NOON_MS + (minute + 1) * 60_000));
    const page = await openPage(server.url);
    await page.waitForSelector("#chart canvas");
    const names = (await legend(page)).map((entry) => entry.split("\n")[0]);
    expect(names).toEqual([...pages.slice(0, 7), "3 others"]);
    expect(await text(page, "chart-title")).toBe("clicks by page");
    await until(async () => (await text(page, "watermark")) === "12:05:00");
    expect(await text(page, "lag")).toBe("42");
    expect(await text(page, "behind-note")).toContain("clicks[1]");
    expect([await text(page, "late"), await text(page, "late-note")]).toEqual([
      "50",
      "dropped, 5.1 % of all · 6 malformed",
    ]);
    expect(await text(page, "chart-note")).toBe("per window, by window_start");
    expect(await page.locator("#chart").getAttribute("aria-label")).toContain("clicks by page, per window");
    expect(await text(page, "left-out-note")).toStartWith("51 changes of silent partitions");
    expect(await text(page, "left-out-list")).toBe("12:00:01 clicks[1] is silent: the watermark goes on without it");
    // All others together would press the groups flat: they are there for whoever asks.
    const others = page.locator("#legend button").last();
    expect(await others.getAttribute("aria-pressed")).toBe("false");
    await others.focus();
    await page.keyboard.press("Enter");
    expect(await page.locator("#legend button").last().getAttribute("aria-pressed")).toBe("true");

    const first = page.locator("#rows tr").first();
    expect(await first.locator("td").allInnerTexts()).toEqual([
      "2024-05-01 12:04:00",
      "/home",
      "1,004",
      "0.00",
      "0.25",
    ]);
    server.pages.append(
      pageBatch([[NOON + 5n * MINUTE, "/home", 9_007_199_254_740_993n, 1n, null]], NOON_MS + 360_000),
    );
    await until(async () => (await first.locator("td").nth(2).textContent()) === "9,007,199,254,740,993");
    await until(async () => (await text(page, "watermark")) === "12:06:00");
    server.job = {
      ...server.job,
      status: jobStatus({ at: NOON_MS + 5000, sources: [{ ...(jobStatus().sources[0] ?? fail()), records: 26_000 }] }),
    };
    await until(async () => (await text(page, "rate")) === "25,000");
    expect(troubles).toEqual([]);
  }, 60_000);

  test("groups by another column, hides a series, and keeps both in reach of a link", async () => {
    const server = start();
    server.pages.append(pageBatch(windowRows(0)));
    const page = await openPage(server.url);
    await page.waitForSelector("#chart canvas");
    await page.locator("#legend button").first().click();
    expect(await page.locator("#legend button").first().getAttribute("aria-pressed")).toBe("false");
    await page.locator("#value").selectOption("revenue");
    await page.locator("#group").selectOption("all rows together");
    await until(async () => (await legend(page)).join() === "revenue\n47.25");
    const again = await openPage(page.url());
    await until(async () => (await text(again, "chart-title")) === "revenue by window");
    expect(troubles).toEqual([]);
  }, 60_000);

  test("comes back by itself after the server went away, with the rows of the new run", async () => {
    const server = start();
    server.pages.append(pageBatch(windowRows(0)));
    const page = await openPage(server.url);
    await page.waitForSelector("#chart canvas");
    const { port } = server.listening;
    await server.listening.stop();
    await until(async () => (await text(page, "trouble")).includes("does not answer"));
    expect(await page.locator("#connection").getAttribute("data-state")).not.toBe("live");
    const next = start({ port, instance: "run2" });
    next.pages.append(pageBatch([[NOON + 9n * MINUTE, "/new", 1n, 1n, null]]));
    await until(async () => (await legend(page)).join() === "/new\n1");
    await until(async () => page.locator("#trouble").isHidden());
    expect(await page.locator("#connection").getAttribute("data-state")).toBe("live");
  }, 60_000);

  test("shows why a job failed, as text and not as markup", async () => {
    const server = start();
    const message = 'record at clicks[0] offset 7 is not JSON: <img src=x onerror="document.title=1">';
    server.job = {
      ...server.job,
      status: jobStatus({ phase: "failed" }),
      error: { code: "MALFORMED-RECORD", message, hint: "skip it" },
    };
    server.pages.append(pageBatch([[NOON, "<b>bold</b>", 1n, null, null]]));
    const page = await openPage(server.url);
    await until(async () => (await text(page, "trouble")).includes(message));
    await until(async () => (await legend(page)).join() === "<b>bold</b>\n1");
    expect(await page.title()).toBe("Millrace");
    expect(await page.locator("#rows td.null").allInnerTexts()).toEqual(["NULL", "NULL"]);
    expect(troubles).toEqual([]);
  }, 60_000);

  for (const [phase, error, words] of [
    ["failed", { code: "X", message: "no JSON", hint: "skip it" }, "clickstream failed: no JSON. skip it."],
    ["finished", null, "clickstream has read all its input."],
  ] as const) {
    test(`says why the server is gone when its job has ${phase}, and keeps the rows`, async () => {
      const server = start();
      server.pages.append(pageBatch(windowRows(0)));
      const page = await openPage(server.url);
      await page.waitForSelector("#chart canvas");
      server.job = { ...server.job, status: jobStatus({ phase }), error };
      await server.listening.stop();
      await until(async () => (await text(page, "trouble")).startsWith(words));
      expect(await page.locator("#trouble").getAttribute("data-kind")).toBe(error === null ? "calm" : "bad");
      expect(await page.locator("#rows tr").count()).toBe(pages.length);
    }, 60_000);
  }

  for (const colorScheme of ["light", "dark"] as const) {
    test(`fits a phone in ${colorScheme}: nothing sticks out sideways`, async () => {
      const server = start();
      for (let minute = 0; minute < 5; minute++) server.pages.append(pageBatch(windowRows(minute)));
      const page = await openPage(server.url, {
        viewport: { width: 360, height: 740 },
        isMobile: true,
        hasTouch: true,
        colorScheme,
      });
      await page.waitForSelector("#chart canvas");
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
      const [ink, paper] = await page.evaluate(() => {
        const style = getComputedStyle(document.documentElement);
        return [style.color, style.backgroundColor].map((color) => Number(/\d+/.exec(color)?.[0]));
      });
      expect((ink ?? 0) > (paper ?? 0)).toBe(colorScheme === "dark");
    }, 60_000);
  }

  test("a window alone is drawn in minutes, not years; a table whose partitions are all silent says so", async () => {
    const server = start();
    const [source] = jobStatus().sources;
    const silent = { ...(source ?? fail()), holdback: null };
    const partitions = silent.partitions.map((partition) => ({ ...partition, idle: true }));
    server.job = { ...server.job, status: jobStatus({ sources: [{ ...silent, partitions }] }) };
    server.pages.append(pageBatch(windowRows(0)));
    const page = await openPage(server.url);
    await page.waitForSelector("#chart canvas");
    await until(async () => (await text(page, "behind-note")) === "every partition is silent");
    const { width } = (await page.locator("#chart .u-over").boundingBox()) ?? fail();
    await page.locator("#chart .u-over").hover({ position: { x: width / 2, y: 20 } });
    await until(async () => (await text(page, "tooltip")).startsWith("2024-05-01 12:00:00"));
    const point = (await page.locator("#chart .u-cursor-pt").nth(1).boundingBox()) ?? fail();
    const over = (await page.locator("#chart .u-over").boundingBox()) ?? fail();
    expect(Math.abs(point.x + point.width / 2 - over.x - width / 2)).toBeLessThan(3);
    expect(troubles).toEqual([]);
  }, 60_000);

  test("without a view it says how to make one, and offers nothing to choose", async () => {
    const server = start({ views: { list: () => [], get: () => undefined } });
    const page = await openPage(server.url);
    await until(async () => (await text(page, "chart-empty")).includes("CREATE MATERIALIZED VIEW"));
    for (const id of ["pick", "controls", "rows-card"]) expect(await page.locator(`#${id}`).isVisible()).toBe(false);
    expect(troubles).toEqual([]);
  }, 60_000);

  test("without a result yet it says what it waits for", async () => {
    const server = start();
    const page = await openPage(server.url);
    await until(async () => (await text(page, "chart-empty")).includes("when the watermark closes it"));
    expect(await text(page, "watermark")).toBe("–");
  }, 60_000);
});

function fail(): never {
  throw new Error("the fixture has a source");
}
