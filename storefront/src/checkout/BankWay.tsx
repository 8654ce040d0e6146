import { Button } from '../components/Button';
import { goToBank, type BankPage } from './bank-page';
import { PayAnotherWay } from './PayAnotherWay';
import styles from './PayAnotherWay.module.css';

/** The ways on for who came back, or reloaded, before the payment was finished there. */
export function BankWay({ page, giveUp }: { page: BankPage | null; giveUp: () => Promise<void> }) {
  return (
    <div className={styles.ways}>
      {page && (
        <Button size="small" onClick={() => goToBank(page)}>
          {page.jwt === null ? 'Go on with the payment' : 'Go on at your bank'}
        </Button>
      )}
      <PayAnotherWay size="small" giveUp={giveUp} />
    </div>
  );
}
