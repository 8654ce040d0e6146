import type { StockLevel } from '../api/types';
import type { StatusLabel } from '../messages/en';

export function stockStatus({ oversell, shortfall, available, low }: StockLevel): StatusLabel {
  if (oversell === 'untracked') return { label: 'Not counted', tone: 'neutral' };
  if (shortfall > 0) return { label: `${shortfall} short`, tone: 'bad' };
  if (available <= 0) return oversell === 'continue' ? { label: 'On backorder', tone: 'warn' } : { label: 'Sold out', tone: 'bad' };
  return low ? { label: 'Low', tone: 'warn' } : { label: 'In stock', tone: 'good' };
}
