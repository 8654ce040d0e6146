import { useLocation, useNavigate } from '../../router/hooks';
import { readTableState, withCursor, withFilter, withSort, type TableState } from './table-state';

export interface TableControls extends TableState {
  setFilter: (name: string, value: string) => void;
  setSort: (sort: string | null) => void;
  next: (cursor: string) => void;
  /** Absent on the first page. */
  previous?: () => void;
}

/** Cursors of the pages before, in the history entry. A page opened by a shared link has none and goes back to the first page. */
interface PageTrail {
  trail?: (string | null)[];
}

export function useTableState(...filterNames: string[]): TableControls {
  const { pathname, search, state } = useLocation();
  const navigate = useNavigate();
  const params = new URLSearchParams(search);
  const table = readTableState(params, filterNames);
  const trail = (state as PageTrail).trail ?? [];

  const open = (next: URLSearchParams, options: { trail?: (string | null)[]; replace?: boolean } = {}) => {
    const text = next.toString();
    void navigate(text ? `${pathname}?${text}` : pathname, {
      replace: options.replace ?? false,
      // The table need not be at the top of the page.
      preventScrollReset: true,
      ...(options.trail && { state: { trail: options.trail } satisfies PageTrail }),
    });
  };

  return {
    ...table,
    // A filter replaces the history entry: Back leaves the list instead of going through every typed letter.
    setFilter: (name, value) => open(withFilter(params, name, value), { replace: true }),
    setSort: (sort) => open(withSort(params, sort), { replace: true }),
    next: (cursor) => open(withCursor(params, cursor), { trail: [...trail, table.cursor] }),
    ...(table.cursor !== null && {
      previous: () => open(withCursor(params, trail.at(-1) ?? null), { trail: trail.slice(0, -1) }),
    }),
  };
}
