/** Proposes a name to show with a review: the first name and an initial, since a review is public. */
export function displayName(fullName: string): string {
  const [first = '', ...others] = fullName.trim().split(/\s+/);
  const last = others.at(-1);
  return last ? `${first} ${[...last][0] ?? ''}.` : first;
}
