import { api } from '../../api/client';
import { apiPath } from '../../api/path';
import { ApiError } from '../../api/problem';
import type { Page } from '../../api/types';
import type { Promotion } from '../api/types';

/** Finds a promotion by its code, in any case. The API lists promotions, but has no operation for a single one. */
export async function findPromotion(code: string, signal?: AbortSignal): Promise<Promotion | null> {
  // The server stores codes in upper case.
  const stored = code.toUpperCase();
  let cursor: string | null | undefined = null;
  do {
    const page: Page<Promotion> = await api.get(apiPath('/api/v1/promotions', { cursor, limit: 100 }), { as: 'account', ...(signal && { signal }) });
    const found = page.items.find((one) => one.code === stored);
    if (found) return found;
    cursor = page.next_cursor;
  } while (cursor);
  return null;
}

/** PUT would replace a promotion that has the code already. */
export async function requireUnusedCode(code: string): Promise<void> {
  if (!(await findPromotion(code))) return;
  const message = 'Another promotion has this code.';
  throw new ApiError({ type: 'about:blank', title: message, status: 409, errors: [{ pointer: '/code', detail: message }] });
}
