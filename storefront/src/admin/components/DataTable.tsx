import { useState, type KeyboardEvent, type ReactNode } from 'react';
import { Icon } from '../../components/Icon';
import { Failure, Skeleton } from '../../components/States';
import { singleKey, singleKeysEnabled } from '../shell/shortcuts';
import styles from './DataTable.module.css';
import { counted } from './formats';
import { ariaSort, nextSort } from './table-state';

export interface Column<Row> {
  key: string;
  header: string;
  render: (row: Row) => ReactNode;
  /** The header sorts by this column. */
  sortable?: boolean;
  align?: 'start' | 'end';
  /** Left out on small screens; the row's page has it. */
  minor?: boolean;
}

interface Selection<Row> {
  selected: ReadonlySet<string>;
  onChange: (selected: Set<string>) => void;
  /** Names the row for its checkbox. */
  label: (row: Row) => string;
}

interface DataTableProps<Row> {
  caption: string;
  /** The first column names the row. */
  columns: readonly Column<Row>[];
  rows: readonly Row[] | undefined;
  rowKey: (row: Row) => string;
  error?: unknown;
  onRetry?: () => void;
  /** Marks rows of the previous filter or page while the next ones are loading. */
  stale?: boolean;
  empty: ReactNode;
  sort?: { value: string | null; onChange: (sort: string | null) => void };
  selection?: Selection<Row> | undefined;
  footer?: ReactNode;
}

const SKELETON_ROWS = 8;

export function DataTable<Row>({ caption, columns, rows, rowKey, error, onRetry, stale = false, empty, sort, selection, footer }: DataTableProps<Row>) {
  // While the next page is loading, the table keeps its height.
  const [height, setHeight] = useState(SKELETON_ROWS);
  if (rows && rows.length > 0 && rows.length !== height) setHeight(rows.length);

  if (error && !rows) return <Failure error={error} {...(onRetry && { onRetry })} title={`${caption} couldn't be loaded`} />;
  const status = rows === undefined ? 'Loading' : counted(rows.length, 'row');
  return (
    <div className={styles.frame} data-table aria-busy={rows === undefined || stale}>
      <p className="visually-hidden" role="status">{`${caption}: ${status}`}</p>
      {rows?.length === 0
        ? <div className={styles.empty}>{empty}</div>
        : (
          // A wide table scrolls by itself, and the keyboard must reach what is outside.
          // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
          <div className={styles.scroll} role="group" aria-label={caption} tabIndex={0}>
            <table className={styles.table} data-stale={stale || undefined}>
              <caption className="visually-hidden">{caption}</caption>
              <thead>
                <tr>
                  {selection && <th scope="col" className={styles.check}><SelectAll rows={rows ?? []} rowKey={rowKey} selection={selection} /></th>}
                  {columns.map((column) => <HeaderCell key={column.key} column={column} sort={sort} />)}
                </tr>
              </thead>
              {/* The keys move between controls that have listeners of their own. */}
              {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
              <tbody onKeyDown={onRowKey}>
                {rows
                  ? rows.map((row) => <BodyRow key={rowKey(row)} row={row} id={rowKey(row)} columns={columns} selection={selection} />)
                  : Array.from({ length: height }, (_, index) => <SkeletonRow key={index} columns={columns} withCheck={Boolean(selection)} />)}
              </tbody>
            </table>
          </div>
        )}
      {footer}
    </div>
  );
}

function HeaderCell<Row>({ column, sort }: { column: Column<Row>; sort: DataTableProps<Row>['sort'] }) {
  const className = cellClass(column);
  if (!column.sortable || !sort) return <th scope="col" className={className}>{column.header}</th>;
  const direction = ariaSort(sort.value, column.key);
  return (
    <th scope="col" className={className} aria-sort={direction}>
      <button type="button" className={styles.sort} data-direction={direction} onClick={() => sort.onChange(nextSort(sort.value, column.key))}>
        {column.header}
        <Icon name="chevron" size={14} />
      </button>
    </th>
  );
}

function BodyRow<Row>({ row, id, columns, selection }: { row: Row; id: string; columns: readonly Column<Row>[]; selection: Selection<Row> | undefined }) {
  const isSelected = selection?.selected.has(id) ?? false;
  const toggle = () => selection?.onChange(toggled(selection.selected, id));
  return (
    <tr data-selected={isSelected || undefined}>
      {selection && (
        <td className={styles.check}>
          <input type="checkbox" data-select-row aria-keyshortcuts={singleKey('x')} aria-label={`Select ${selection.label(row)}`} checked={isSelected} onChange={toggle} />
        </td>
      )}
      {columns.map((column, index) => index === 0
        ? <th key={column.key} scope="row" className={cellClass(column)}>{column.render(row)}</th>
        : <td key={column.key} className={cellClass(column)}>{column.render(row)}</td>)}
    </tr>
  );
}

/** Selects the rows of this page, or none of them. Those of other pages stay as they are. */
function SelectAll<Row>({ rows, rowKey, selection: { selected, onChange } }: { rows: readonly Row[]; rowKey: (row: Row) => string; selection: Selection<Row> }) {
  const keys = rows.map(rowKey);
  const all = keys.length > 0 && keys.every((key) => selected.has(key));
  return (
    <input
      type="checkbox"
      aria-label="Select all rows on this page"
      checked={all}
      onChange={() => onChange(all ? new Set([...selected].filter((key) => !keys.includes(key))) : new Set([...selected, ...keys]))}
    />
  );
}

function SkeletonRow<Row>({ columns, withCheck }: { columns: readonly Column<Row>[]; withCheck: boolean }) {
  return (
    <tr>
      {withCheck && <td className={styles.check}><Skeleton width="1.5rem" height="1.5rem" /></td>}
      {columns.map((column, index) => (
        <td key={column.key} className={cellClass(column)}><Skeleton width={index === 0 ? '6rem' : '4rem'} height="1.1rem" /></td>
      ))}
    </tr>
  );
}

function cellClass<Row>({ align, minor }: Column<Row>): string {
  return [align === 'end' ? styles.end : '', minor ? styles.minor : ''].filter(Boolean).join(' ');
}

function toggled(selected: ReadonlySet<string>, id: string): Set<string> {
  const next = new Set(selected);
  if (!next.delete(id)) next.add(id);
  return next;
}

const CONTROLS = 'a[href], button, input, select, summary';

/** Arrow keys, or j and k, move between the rows; x selects the row. They work only while the focus is in the table. */
function onRowKey(event: KeyboardEvent<HTMLElement>): void {
  const target = event.target as HTMLElement;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key.length === 1 && !singleKeysEnabled()) return;
  if (target.matches('select, textarea, input:not([type="checkbox"])')) return;
  const row = target.closest('tr');
  if (!row) return;
  if (event.key === 'x') {
    row.querySelector<HTMLElement>('[data-select-row]')?.click();
    return;
  }
  const down = event.key === 'ArrowDown' || event.key === 'j';
  if (!down && event.key !== 'ArrowUp' && event.key !== 'k') return;
  const next = down ? row.nextElementSibling : row.previousElementSibling;
  const column = [...row.querySelectorAll(CONTROLS)].indexOf(target);
  const controls = next?.querySelectorAll<HTMLElement>(CONTROLS);
  const control = controls?.[Math.max(0, column)] ?? controls?.[0];
  if (!control) return;
  event.preventDefault();
  control.focus();
}
