/** Returns the path to open after login, never a URL of another site. */
export function safeNext(next: string | null): string {
  if (!next) return '/account';
  // Browsers treat "//host" and "/\host" as another site.
  return /^\/(?![/\\])/.test(next) ? next : '/account';
}
