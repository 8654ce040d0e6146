/** The accent colour of shops that have not chosen one, as in src/styles/tokens.css. */
export const DEFAULT_ACCENT = '#0f5a47';

export function isColour(text: string): boolean {
  return /^#[0-9a-f]{6}$/i.test(text.trim());
}

/** Returns the relative luminance of a colour, from 0 for black to 1 for white, as WCAG 2 defines it. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.040_45 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Returns the contrast of two colours, from 1 to 21. */
export function contrast(one: string, other: string): number {
  const [a, b] = [luminance(one), luminance(other)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

/** The contrast that text needs to be read. */
const READABLE = 4.5;

/** Returns the colour, or a darker shade of it that can be read on white. The server computes the shade of the shop itself. */
export function readableOnWhite(colour: string): string {
  let components = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
  let shade = colour;
  while (contrast(shade, '#ffffff') < READABLE) {
    components = components.map((component) => Math.floor(component * 0.95));
    shade = `#${components.map((component) => component.toString(16).padStart(2, '0')).join('')}`;
  }
  return shade;
}
