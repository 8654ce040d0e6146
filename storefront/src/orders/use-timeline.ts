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

/** The history of an order as it happens. The browser reconnects by itself; this does when it gives up. */
export function useTimeline(order: Order, token: string | null): Live {
  const client = useQueryClient();
  const [entries, setEntries] = useState(order.timeline);
  const [connection, setConnection] = useState<Connection>('connecting');
  const merged = mergeTimeline(order.timeline, entries);
  const status = merged.at(-1)?.status ?? order.status;
  const over = isFinal(order.status) && isFinal(status);
  const { id } = order;
  const newest = useRef(0);
  useEffect(() => {
    newest.current = Math.max(newest.current, order.timeline.at(-1)?.number ?? 0);
  }, [order.timeline]);

  useEffect(() => {
    // Nothing more comes after the end; each open stream keeps a connection of the server busy.
    if (over) return;
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
        // The stream begins with the past; only news changes parcels, payment and what can be done.
        if (entry.number <= newest.current) return;
        newest.current = entry.number;
        void client.invalidateQueries({ queryKey: [orderPath(id, token)] });
      });
      source.addEventListener('error', () => {
        setConnection('lost');
        // CONNECTING: the browser is trying again. CLOSED: it was refused, and it is on us.
        if (source?.readyState !== EventSource.CLOSED) return;
        timer = setTimeout(() => void reconnect(), retryAfter(failures));
        failures += 1;
      });
    };

    const reconnect = async () => {
      // A stream cannot say why it was refused; with an account an expired session is the likeliest.
      if (!token) await refreshSession().catch(() => false);
      connect();
    };

    connect();
    return () => {
      clearTimeout(timer);
      source?.close();
    };
  }, [id, token, over, client]);

  return { entries: merged, status, connection: over ? 'ended' : connection };
}
