const YEAR_IN_SECONDS = 365 * 24 * 60 * 60;

/** Returns the value of a cookie, given all cookies of the page as in `document.cookie`. */
export function cookieOf(cookies: string, name: string): string | undefined {
  return cookies.split(';').map((one) => one.trim().split('=')).find(([key]) => key === name)?.[1];
}

/** Returns the text that keeps a choice of the visitor for a year, when it is assigned to `document.cookie`. */
export function keepCookie(name: string, value: string): string {
  return `${name}=${value}; Path=/; Max-Age=${YEAR_IN_SECONDS}; SameSite=Lax`;
}
