import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { refreshSession } from '../api/client';
import { orderPath, timelinePath } from '../api/orders';
import type { Order, OrderStatus, TimelineEntry } from '../api/types';
import { isFinal, mergeTimeline, retryAfter } from './timeline';

export type Connection = 'connecting' | 'live' | 'lost' | 'ended';

interface Live {
  entries: TimelineEntry[];
  status: OrderStatus | null;
  connection: Connection;
}

/** Follows an order's timeline over server-sent events, and reconnects when the browser stops trying. */
export function useTimeline(order: Order, token: string | null): Live {
  const client = useQueryClient();
  const [entries, setEntries] = useState(order.timeline);
  const [connection, setConnection] = useState<Connection>('connecting');
  const merged = mergeTimeline(order.timeline, entries);
  const status = merged.at(-1)?.status ?? order.status;
  const ended = isFinal(order.status) && isFinal(status);
  const { id } = order;
  const newest = useRef(0);
  useEffect(() => {
    newest.current = Math.max(newest.current, order.timeline.at(-1)?.number ?? 0);
  }, [order.timeline]);

  useEffect(() => {
    // A final status has no further events, and each open stream occupies a server connection.
    if (ended) return;
    let source: EventSource | null = null;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let failures = 0;

    const connect = () => {
      source = new EventSource(timelinePath(id, token));
      source.addEventListener('open', () => {
        failures = 0;
        setConnection('live');
      });
      source.addEventListener('message', (event: MessageEvent<string>) => {
        const entry = JSON.parse(event.data) as TimelineEntry;
        setEntries((before) => mergeTimeline(before, [entry]));
        // The stream starts by replaying the past; only new entries make the rest of the order out of date.
        if (entry.number <= newest.current) return;
        newest.current = entry.number;
        void client.invalidateQueries({ queryKey: [orderPath(id, token)] });
      });
      source.addEventListener('error', () => {
        setConnection('lost');
        // In state CONNECTING the browser retries by itself. After CLOSED it never does.
        if (source?.readyState !== EventSource.CLOSED) return;
        timer = setTimeout(() => void reconnect(), retryAfter(failures));
        failures += 1;
      });
    };

    const reconnect = async () => {
      // EventSource hides the response status. With an account, an expired session is the likeliest cause.
      if (!token) await refreshSession().catch(() => false);
      connect();
    };

    connect();
    return () => {
      clearTimeout(timer);
      source?.close();
    };
  }, [id, token, ended, client]);

  return { entries: merged, status, connection: ended ? 'ended' : connection };
}
