import { useState } from 'react';
import { formatDate } from '../components/formats';
import { Button } from '../../components/Button';
import { SelectField } from '../../components/Field';
import { Stars } from '../../components/Stars';
import { Empty } from '../../components/States';
import type { ReviewForModeration, ReviewState } from '../api/types';
import { DataTable, type Column } from '../components/DataTable';
import { Page, Toolbar } from '../components/Page';
import { Pager } from '../components/Pager';
import { useList } from '../components/use-list';
import { useTableState } from '../components/use-table-state';
import { REVIEW_STATE } from '../messages/en';
import styles from './Reviews.module.css';
import { useModeration } from './use-moderation';

export default function ReviewsPage() {
  const table = useTableState('state');
  const state = (table.filters.state ?? 'pending') as ReviewState;
  const list = useList<ReviewForModeration>('/api/v1/reviews', { state, cursor: table.cursor, limit: 20 });
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const { moderate, busy } = useModeration(() => setSelected(new Set()));
  const chosen = (list.rows ?? []).filter(({ id }) => selected.has(id));
  const columns: Column<ReviewForModeration>[] = [
    {
      key: 'review',
      header: 'Review',
      render: (review) => (
        <div className={styles.review}>
          <p><Stars value={review.score} /><span className="visually-hidden">{review.score} of 5 stars: </span> <strong>{review.title}</strong></p>
          <p className={styles.body}>{review.body}</p>
          <p className={styles.soft}>{review.author}, {formatDate(review.created_at)}{review.verified && ', verified purchase'}</p>
        </div>
      ),
    },
    {
      key: 'actions',
      header: 'Actions',
      align: 'end',
      render: (review) => (
        <span className={styles.actions}>
          {review.state !== 'published' && <Button size="small" busy={busy} aria-label={`Publish ${review.title}`} onClick={() => void moderate([review], 'published')}>Publish</Button>}
          {review.state !== 'rejected' && <Button look="secondary" size="small" busy={busy} aria-label={`Reject ${review.title}`} onClick={() => void moderate([review], 'rejected')}>Reject</Button>}
          {review.state === 'published' && <Button look="secondary" size="small" busy={busy} aria-label={`Hold back ${review.title}`} onClick={() => void moderate([review], 'pending')}>Hold back</Button>}
        </span>
      ),
    },
  ];
  return (
    <Page title="Reviews" description="Only published reviews are in the shop. The next reviews of an author whose review you hold back or reject wait for you too.">
      <Toolbar label="Filters">
        <SelectField id="review-state" label="State" value={state} onChange={(event) => table.setFilter('state', event.target.value === 'pending' ? '' : event.target.value)}>
          {(Object.keys(REVIEW_STATE) as ReviewState[]).map((one) => <option key={one} value={one}>{REVIEW_STATE[one].label}</option>)}
        </SelectField>
        <Button look="secondary" size="small" disabled={chosen.length === 0} busy={busy} onClick={() => void moderate(chosen, 'published')}>Publish {chosen.length || ''} selected</Button>
        <Button look="secondary" size="small" disabled={chosen.length === 0} busy={busy} onClick={() => void moderate(chosen, 'rejected')}>Reject {chosen.length || ''} selected</Button>
      </Toolbar>
      <DataTable
        caption="Reviews"
        columns={columns}
        rows={list.rows}
        rowKey={({ id }) => id}
        error={list.error}
        onRetry={list.retry}
        stale={list.stale}
        selection={{ selected, onChange: setSelected, label: ({ title }) => title }}
        empty={<Empty title={state === 'pending' ? 'No reviews wait for you' : 'No reviews here'} />}
        footer={<Pager controls={table} list={list} />}
      />
    </Page>
  );
}
