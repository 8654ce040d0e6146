import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useShop } from '../../api/catalogue';
import { apiPath } from '../../api/path';
import type { Items } from '../../api/types';
import { Failure, Loading, Skeleton } from '../../components/States';
import { useFormats } from '../../messages/formats';
import type { PayoutDay } from '../api/types';
import { DataTable, type Column } from '../components/DataTable';
import { Card } from '../components/Page';
import styles from './Dashboard.module.css';
import { chartTop, lastDays, salesByDay, type DaySales } from './sales';

const DAYS = 14;
const HEIGHT = 100;
const BAR = 0.62;

const SHORT_DAY = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', timeZone: 'UTC' });

function dayText(day: string): string {
  return SHORT_DAY.format(new Date(`${day}T00:00:00Z`));
}

/** Shows the amounts captured and refunded on each of the last days, from the ledger. */
export function Sales() {
  const [days] = useState(() => lastDays(new Date(), DAYS));
  const { data: shop } = useShop();
  const path = apiPath('/api/v1/payouts', { from: days[0], to: days.at(-1) });
  const payouts = useQuery<Items<PayoutDay>>({ queryKey: [path], refetchInterval: 60_000 });
  const currency = shop?.currency;
  return (
    <Card title={`Payments of the last ${DAYS} days`}>
      {payouts.isError && !payouts.data && <Failure error={payouts.error} onRetry={() => void payouts.refetch()} title="The payments couldn't be loaded" />}
      {payouts.data && currency
        ? <Chart sales={salesByDay(days, payouts.data.items, currency)} currency={currency} />
        : !payouts.isError && <Loading label="Loading payments"><Skeleton height="17rem" /></Loading>}
    </Card>
  );
}

function Chart({ sales, currency }: { sales: DaySales[]; currency: string }) {
  const { money: format } = useFormats();
  const money = (amount: number) => format({ amount, currency });
  const captured = sales.reduce((sum, day) => sum + day.captured, 0);
  const refunded = sales.reduce((sum, day) => sum + day.refunded, 0);
  if (captured === 0 && refunded === 0) return <p className={styles.soft}>No money was taken or refunded in these days.</p>;
  const top = chartTop(Math.max(...sales.map((day) => Math.max(day.captured, day.refunded))));
  const columns: Column<DaySales>[] = [
    { key: 'day', header: 'Day (UTC)', render: ({ day }) => dayText(day) },
    { key: 'captured', header: 'Captured', align: 'end', render: (row) => money(row.captured) },
    { key: 'refunded', header: 'Refunded', align: 'end', render: (row) => money(row.refunded) },
  ];
  return (
    <div className={styles.chart}>
      <dl className={styles.figures}>
        <div><dt>Captured</dt><dd>{money(captured)}</dd></div>
        <div><dt>Refunded</dt><dd>{money(refunded)}</dd></div>
      </dl>
      <p className={styles.soft}>Filled bars are captured, outlined bars are refunded.</p>
      <svg viewBox={`0 0 ${sales.length} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={`Captured ${money(captured)} and refunded ${money(refunded)} in ${DAYS} days. The table below has every day.`}>
        {[0, 0.5, 1].map((part) => <line key={part} className={styles.grid} x1={0} x2={sales.length} y1={HEIGHT * part} y2={HEIGHT * part} />)}
        {sales.map((day, index) => (
          <g key={day.day}>
            <title>{`${dayText(day.day)}: ${money(day.captured)} captured, ${money(day.refunded)} refunded`}</title>
            <Bar className={styles.bar} x={index + (1 - BAR) / 2} width={BAR * 0.6} share={day.captured / top} />
            <Bar className={styles.refund} x={index + (1 - BAR) / 2 + BAR * 0.62} width={BAR * 0.36} share={day.refunded / top} />
          </g>
        ))}
      </svg>
      <p className={styles.axis} aria-hidden="true"><span>{dayText(sales[0]?.day ?? '')}</span><span>Top line: {money(top)}</span><span>{dayText(sales.at(-1)?.day ?? '')}</span></p>
      <details className={styles.data}>
        <summary>Show as a table</summary>
        <div><DataTable caption="Payments by day" columns={columns} rows={sales} rowKey={({ day }) => day} empty={null} /></div>
      </details>
    </div>
  );
}

function Bar({ className, x, width, share }: { className: string | undefined; x: number; width: number; share: number }) {
  if (share <= 0) return null;
  return <rect className={className} x={x} y={HEIGHT * (1 - share)} width={width} height={HEIGHT * share} />;
}
