import { useIsFetching, type UseQueryResult } from '@tanstack/react-query';
import { useEffect, useRef, type ReactNode } from 'react';
import { Button } from '../../components/Button';
import { Failure, Loading, Skeleton } from '../../components/States';
import type { PackingList } from '../api/types';
import { Page } from '../components/Page';
import styles from './Printing.module.css';

interface PrintPageProps {
  title: string;
  description: string;
  lists: UseQueryResult<PackingList[]>;
  /** There is something to print. */
  ready: boolean;
  children: ReactNode;
}

/** The frame of pages that are made for paper: it opens the print dialog once everything is loaded, and is not printed itself. */
export function PrintPage({ title, description, lists, ready, children }: PrintPageProps) {
  usePrintOnce(ready);
  return (
    <div className={styles.print}>
      <Page
        title={title}
        description={description}
        back={{ to: '/shipments', label: 'Shipments' }}
        actions={ready && <Button size="small" onClick={() => window.print()}>Print</Button>}
      >
        {lists.isPending && <Loading label="Loading the packing lists"><Skeleton height="30rem" /></Loading>}
        {lists.isError && <Failure error={lists.error} onRetry={() => void lists.refetch()} title="The packing lists couldn't be loaded" />}
        {lists.data && children}
      </Page>
    </div>
  );
}

function usePrintOnce(ready: boolean): void {
  // The form of an address follows the rules of its country, which are loaded when it is shown.
  const isLoading = useIsFetching() > 0;
  const printed = useRef(false);
  useEffect(() => {
    if (!ready || isLoading || printed.current) return;
    let isCurrent = true;
    void document.fonts.ready.then(() => {
      if (!isCurrent || printed.current) return;
      printed.current = true;
      window.print();
    });
    return () => {
      isCurrent = false;
    };
  }, [ready, isLoading]);
}
