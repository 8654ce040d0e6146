import type { Money } from '../../api/types';
import { useMoneyFormat } from './formats';

export function Amount({ value }: { value: Money }) {
  return <span className="numeric">{useMoneyFormat()(value)}</span>;
}
