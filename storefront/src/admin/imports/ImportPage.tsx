import { useEffect, useRef } from 'react';
import { useAccount } from '../../api/account';
import { isStatus } from '../../api/problem';
import { Callout, Empty, Failure, Loading, Skeleton } from '../../components/States';
import { useToasts } from '../../components/Toasts';
import { useParams } from '../../router/hooks';
import type { ProductImport } from '../api/types';
import { authorText } from '../components/author';
import { formatMoment } from '../components/formats';
import { Card, Columns, Facts, Page } from '../components/Page';
import { ProgressBar } from '../components/ProgressBar';
import { StatusBadge } from '../components/StatusBadge';
import { IMPORT_STATUS } from '../messages/en';
import { sizeText } from './import-file';
import { announcementOf, isActive, notesOf, summaryText } from './import-text';
import styles from './Imports.module.css';
import { IssuesTable } from './IssuesTable';
import { NextStep } from './NextStep';
import { useImport } from './use-import';

const BACK = { to: '/imports', label: 'Imports' };

export default function ImportPage() {
  const { id = '' } = useParams();
  const query = useImport(id);
  if (query.data) return <ImportView key={query.data.id} run={query.data} isLost={query.isRefetchError} />;
  return (
    <Page title="Import" back={BACK}>
      {query.isPending
        ? <Loading label="Loading the import"><Skeleton height="24rem" /></Loading>
        : isStatus(query.error, 404) || isStatus(query.error, 422)
          ? <Empty title="Import not found"><p>The link may be incomplete.</p></Empty>
          : <Failure error={query.error} onRetry={() => void query.refetch()} title="The import couldn't be loaded" />}
    </Page>
  );
}

function ImportView({ run, isLost }: { run: ProductImport; isLost: boolean }) {
  const { data: account } = useAccount();
  useAnnouncements(run);
  const active = isActive(run.status);
  return (
    <Page
      title={run.file_name}
      mark={<StatusBadge status={IMPORT_STATUS[run.status]} />}
      description={run.dry_run ? 'A preview: it changes nothing.' : undefined}
      back={BACK}
    >
      {isLost && active && <Callout kind="warn">The progress can't be read at the moment. It is tried again every few seconds; the import itself continues.</Callout>}
      {run.status === 'failed' && <Callout kind="danger">{run.error || 'The import ended early.'}</Callout>}
      {run.status === 'interrupted' && (
        <Callout kind="warn">The shop was stopped before the end of the file. The same file, uploaded again, continues where it stopped.</Callout>
      )}
      <Columns
        main={
          <>
            <Card title={run.dry_run ? 'Preview' : 'Result'}>
              {active && <Progress run={run} />}
              <p className={styles.summary}>{summaryText(run)}</p>
              <ul className={styles.notes}>{notesOf(run).map((note) => <li key={note}>{note}</li>)}</ul>
            </Card>
            <NextStep run={run} />
          </>
        }
        side={
          <Card title="Details">
            <Facts
              items={[
                ['Kind', run.dry_run ? 'Preview' : 'Import'],
                ['File', `${run.file_name}, ${sizeText(run.bytes_total)}`],
                ['Stock of existing SKUs', run.set_stock ? 'Is set' : 'Stays as it is'],
                ['Started', formatMoment(run.started_at)],
                [active ? 'Last progress' : 'Ended', formatMoment(run.updated_at)],
                ['Uploaded by', authorText(run.author, account?.id)],
              ]}
            />
          </Card>
        }
      />
      <IssuesTable run={run} />
    </Page>
  );
}

function Progress({ run: { status, bytes_read, bytes_total } }: { run: ProductImport }) {
  return status === 'waiting'
    ? <ProgressBar id="import-progress" label="Waiting for another import to finish" max={bytes_total} />
    : <ProgressBar id="import-progress" label="Reading the file" value={bytes_read} max={bytes_total} text={`${sizeText(bytes_read)} of ${sizeText(bytes_total)}`} />;
}

/** Tells screen readers about the progress now and then. */
function useAnnouncements(run: ProductImport): void {
  const { announce } = useToasts();
  const before = useRef(run);
  useEffect(() => {
    const text = announcementOf(before.current, run);
    before.current = run;
    if (text) announce(text);
  }, [announce, run]);
}
