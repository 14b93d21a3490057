/** Line plots beside each other as SVG: a logarithmic axis across, a linear one up from zero. */

export interface Curve {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

export interface Panel {
  readonly title: string;
  /** Of the axis across. */
  readonly unit: string;
  readonly curves: readonly Curve[];
}

const [WIDTH, HEIGHT, LEFT, TOP, BOTTOM, GAP] = [290, 250, 44, 64, 44, 24];
const COLOURS = ["#2563a8", "#c2571a", "#3d8a4e"];

export function curves(panels: readonly Panel[]): string {
  const width = panels.length * (WIDTH + GAP);
  const drawn = panels.map((panel, i) => `<g transform="translate(${i * (WIDTH + GAP)} 0)">${plot(panel)}</g>`);
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${HEIGHT}" font-family="sans-serif" font-size="11">` +
    `<title>Nanoseconds a row</title>` +
    `<rect width="100%" height="100%" fill="#fff"/>${drawn.join("")}</svg>\n`
  );
}

function plot({ title, unit, curves: drawn }: Panel): string {
  const points = drawn.flatMap((curve) => curve.points);
  const [least, most] = [Math.min(...points.map(({ x }) => x)), Math.max(...points.map(({ x }) => x))];
  const top = niceTop(Math.max(...points.map(({ y }) => y)));
  const across = (x: number): number =>
    round(LEFT + (Math.log10(x / least) / Math.log10(most / least)) * (WIDTH - LEFT - 10));
  const up = (y: number): number => round(HEIGHT - BOTTOM - (y / top) * (HEIGHT - BOTTOM - TOP));
  const grid = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const y = up(part * top);
    return `<line x1="${LEFT}" x2="${WIDTH - 10}" y1="${y}" y2="${y}" stroke="#e4e4e4"/><text x="${LEFT - 6}" y="${y + 4}" text-anchor="end" fill="#555">${part * top}</text>`;
  });
  const ticks = decades(least, most).map(
    (x) => `<text x="${across(x)}" y="${HEIGHT - BOTTOM + 16}" text-anchor="middle" fill="#555">${short(x)}</text>`,
  );
  const lines = drawn.map(({ name, points: own }, i) => {
    const colour = COLOURS[i % COLOURS.length];
    const path = own.map(({ x, y }) => `${across(x)},${up(y)}`).join(" ");
    const dots = own.map(({ x, y }) => `<circle cx="${across(x)}" cy="${up(y)}" r="2.5" fill="${colour}"/>`);
    const label = `<text x="${LEFT}" y="${34 + i * 14}" fill="${colour}">${name}</text>`;
    return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="1.6"/>${dots.join("")}${label}`;
  });
  return (
    `<text x="${LEFT}" y="18" font-weight="bold" font-size="12">${title}: ns a row</text>${grid.join("")}${ticks.join("")}${lines.join("")}` +
    `<text x="${(LEFT + WIDTH) / 2}" y="${HEIGHT - 10}" text-anchor="middle" fill="#555">${unit}</text>`
  );
}

/** The next of 4, 8, 20, 40, 80, 200 …: quarters of it are whole numbers. */
function niceTop(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return [2, 4, 8, 20].map((step) => step * power).find((step) => step >= value) ?? value;
}

function decades(least: number, most: number): number[] {
  const from = Math.ceil(Math.log10(least) - 1e-9);
  return Array.from({ length: Math.floor(Math.log10(most) + 1e-9) - from + 1 }, (_, i) => 10 ** (from + i));
}

function short(x: number): string {
  if (x < 1) return "0";
  return x >= 1e6 ? `${x / 1e6} M` : x >= 1000 ? `${x / 1000} k` : String(x);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
