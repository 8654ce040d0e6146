/** The page, order and filters of a table. They are in the URL, so that a view can be shared and Back returns to it. */
export interface TableState {
  /** The cursor of the page; null for the first one. */
  cursor: string | null;
  sort: string | null;
  filters: Readonly<Record<string, string>>;
}

export function readTableState(params: URLSearchParams, filterNames: readonly string[]): TableState {
  const filters: Record<string, string> = {};
  for (const name of filterNames) {
    const value = params.get(name);
    if (value) filters[name] = value;
  }
  return { cursor: params.get('cursor') || null, sort: params.get('sort') || null, filters };
}

/** Sets or removes a filter. A cursor belongs to the list before, so the first page is shown. */
export function withFilter(params: URLSearchParams, name: string, value: string): URLSearchParams {
  return change(params, { [name]: value, cursor: '' });
}

export function withSort(params: URLSearchParams, sort: string | null): URLSearchParams {
  return change(params, { sort: sort ?? '', cursor: '' });
}

export function withCursor(params: URLSearchParams, cursor: string | null): URLSearchParams {
  return change(params, { cursor: cursor ?? '' });
}

function change(params: URLSearchParams, values: Readonly<Record<string, string>>): URLSearchParams {
  const next = new URLSearchParams(params);
  for (const [name, value] of Object.entries(values)) {
    if (value === '') next.delete(name);
    else next.set(name, value);
  }
  return next;
}

/** Returns the order after a click on a column: ascending, then descending, then the list's own order. */
export function nextSort(current: string | null, column: string): string | null {
  if (current === column) return `-${column}`;
  return current === `-${column}` ? null : column;
}

export function ariaSort(current: string | null, column: string): 'ascending' | 'descending' | 'none' {
  if (current === column) return 'ascending';
  return current === `-${column}` ? 'descending' : 'none';
}

/** Sorts a list that is loaded as a whole. */
export function sortRows<Row>(rows: readonly Row[], sort: string | null, values: Readonly<Record<string, (row: Row) => string | number>>): Row[] {
  const descending = sort?.startsWith('-') ?? false;
  const value = sort === null ? undefined : values[descending ? sort.slice(1) : sort];
  if (!value) return [...rows];
  const sorted = rows.toSorted((a, b) => compare(value(a), value(b)));
  return descending ? sorted.toReversed() : sorted;
}

function compare(a: string | number, b: string | number): number {
  return typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b));
}
