import { useState } from 'react';
import { memoryStore, RETRY_POLICY, sendCommand, type Attempt } from './attempt';

/**
 * Returns a function that sends commands which must take effect once, such as a cancellation or a refund. While the outcome of
 * one is unknown, retries and further clicks send the same bytes under the same idempotency key; see `sendCommand`.
 */
export function useSendCommand<Body, Result>(post: (attempt: Attempt<Body>) => Promise<Result>) {
  // A reload shows the current state, so an attempt need not outlive the page.
  const [store] = useState(memoryStore);
  return (target: string, body: Body) => sendCommand(store, { target, body, newKey: () => crypto.randomUUID() }, post, RETRY_POLICY);
}
