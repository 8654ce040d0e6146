import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { productPath } from '../../../api/catalogue';
import { api } from '../../../api/client';
import { useToasts } from '../../../components/Toasts';
import { refreshPaths } from '../../api/query-client';
import type { ProductDraft } from '../../api/types';
import type { BulkChange } from './bulk-change';
import { remaining, resultText, runBulk, type BulkIo, type BulkItem, type Outcome, type Outcomes } from './bulk-run';

export interface BulkTask {
  /** Names the change, such as "Publish 3 products". */
  title: string;
  items: readonly BulkItem[];
  change: BulkChange;
}

interface Run extends BulkTask {
  outcomes: Outcomes;
  isRunning: boolean;
}

export const SERVER: BulkIo = {
  load: (handle) => api.get<ProductDraft>(`${productPath(handle)}/draft`, { as: 'account' }),
  save: (handle, draft) => api.put(productPath(handle), draft, { as: 'account' }),
  wait: (ms) => new Promise((resolve) => {
    setTimeout(resolve, ms);
  }),
};

/** Runs a change of several products while the page is open. `onEnd` gets the handles of those that need no further run. */
export function useBulkRun(onEnd: (done: ReadonlySet<string>) => void) {
  const client = useQueryClient();
  const { announce } = useToasts();
  const [run, setRun] = useState<Run | null>(null);
  const stopped = useRef(false);
  useEffect(() => () => {
    stopped.current = true;
  }, []);

  const execute = async (task: BulkTask, before: Outcomes) => {
    const outcomes = new Map<string, Outcome>(before);
    const items = remaining(task.items, outcomes);
    // Failed ones count as not tried while they are tried again.
    for (const { handle } of items) outcomes.delete(handle);
    stopped.current = false;
    setRun({ ...task, outcomes: new Map(outcomes), isRunning: true });
    let quarter = 0;
    await runBulk(items, task.change, SERVER, {
      isStopped: () => stopped.current,
      onOutcome: (handle, outcome) => {
        outcomes.set(handle, outcome);
        setRun({ ...task, outcomes: new Map(outcomes), isRunning: true });
        const reached = Math.floor((4 * outcomes.size) / task.items.length);
        if (reached > quarter && reached < 4) announce(`${outcomes.size} of ${task.items.length} products`);
        quarter = reached;
      },
    });
    setRun({ ...task, outcomes: new Map(outcomes), isRunning: false });
    announce(resultText(task.items, outcomes));
    onEnd(new Set([...outcomes].filter(([, { state }]) => state !== 'failed').map(([handle]) => handle)));
    void refreshPaths(client, '/api/v1/products?', '/api/v1/products/suggest', '/api/v1/unpublished-products', '/api/v1/categories');
  };

  return {
    run,
    start: (task: BulkTask) => void execute(task, new Map()),
    retry: () => run && void execute(run, run.outcomes),
    /** The product that is being changed is still finished. */
    stop: () => {
      stopped.current = true;
    },
    dismiss: () => setRun(null),
  };
}

export type BulkRunControls = ReturnType<typeof useBulkRun>;
