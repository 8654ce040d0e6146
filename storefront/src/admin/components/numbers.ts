/** Reads a whole number that is not negative. Null for anything else, and for an empty text. */
export function parseCount(text: string): number | null {
  return /^\d{1,9}$/.test(text.trim()) ? Number(text.trim()) : null;
}

/** Reads a percentage such as "19" or "7,25" into millionths. Null when it is not one from 0 to 100. */
export function parsePercent(text: string): number | null {
  const match = /^(\d{1,3})(?:[.,](\d{0,4}))?$/.exec(text.trim());
  if (!match) return null;
  const millionths = Number(`${match[1]}${(match[2] ?? '').padEnd(4, '0')}`);
  return millionths <= 1_000_000 ? millionths : null;
}

/** Formats millionths as the percentage that `parsePercent` reads: 72500 is "7.25". */
export function percentText(millionths: number): string {
  const digits = String(millionths).padStart(5, '0');
  const fraction = digits.slice(-4).replace(/0+$/, '');
  return fraction ? `${digits.slice(0, -4)}.${fraction}` : digits.slice(0, -4);
}
