import { useShop } from '../../api/catalogue';
import { Icon } from '../../components/Icon';
import { Sheet } from '../../components/Sheet';
import { useOpenUntilNavigation } from '../../components/use-disclosure';
import { Link } from '../../router/Link';
import styles from './AdminHeader.module.css';
import { StaffMenu } from './StaffMenu';
import { MainNavigation } from './Sidebar';

const PALETTE_KEY = /Mac|iPhone|iPad/.test(navigator.userAgent) ? '⌘K' : 'Ctrl K';

export function AdminHeader({ onSearch, onHelp }: { onSearch: () => void; onHelp: () => void }) {
  const { data: shop } = useShop();
  return (
    <header className={styles.header}>
      <PhoneMenu />
      <Link to="/" className={styles.brand}>{shop?.name ?? 'Admin'}</Link>
      <button type="button" className={styles.search} aria-keyshortcuts="Control+K Meta+K" onClick={onSearch}>
        <Icon name="search" size={18} />
        <span>Search or jump to…</span>
        <kbd aria-hidden="true">{PALETTE_KEY}</kbd>
      </button>
      <div className={styles.actions}>
        <a href="/" className={styles.shop}>View shop</a>
        <StaffMenu onHelp={onHelp} />
      </div>
    </header>
  );
}

/** The navigation on small screens, where the sidebar has no room. */
function PhoneMenu() {
  const [open, setOpen] = useOpenUntilNavigation();
  return (
    <div className={styles.phoneMenu}>
      <button type="button" className={styles.action} aria-label="Menu" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        <Icon name="filter" size={22} />
      </button>
      <Sheet open={open} onClose={() => setOpen(false)} title="Menu"><MainNavigation /></Sheet>
    </div>
  );
}
