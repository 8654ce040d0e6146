/** The page that makes the first admin. The link that a new shop prints leads there, with the one-time code in its fragment. */
export const SETUP_PATH = '/setup';

/** Returns the one-time code of a link's fragment, such as `#code=Xb3`, or an empty string. Browsers never send a fragment. */
export function codeFromLink(hash: string): string {
  return new URLSearchParams(hash.slice(1)).get('code')?.trim() ?? '';
}
