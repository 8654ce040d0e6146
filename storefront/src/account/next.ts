/** Where to go after login: a path of this shop, never another site's address. */
export function safeNext(next: string | null): string {
  if (!next) return '/account';
  // Browsers read "//host" and "/\host" as another site.
  return /^\/(?![/\\])/.test(next) ? next : '/account';
}
