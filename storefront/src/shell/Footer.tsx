import type { ReactNode } from 'react';
import { useShop } from '../api/catalogue';
import { NewTabLink } from '../components/NewTabLink';
import { useMessages } from '../messages/messages';
import styles from './Footer.module.css';
import { MenuLink } from './MenuLink';
import { Preferences } from './Preferences';
import { useFooterSections, useLegalEntries } from './use-menus';

/** The footer of every page. The short one of the checkout leads to the legal pages only, which the law wants everywhere. */
export function Footer({ isShort }: { isShort: boolean }) {
  const t = useMessages();
  const { data: shop } = useShop();
  return (
    <footer className={styles.footer}>
      {isShort ? <LegalLinks /> : <Columns />}
      <div className="page"><Preferences /></div>
      <p className={`page ${styles.small}`}>
        {shop?.demo && <span>{t.shell.demoNote}</span>}
        {shop && !isShort && <span>{shop.prices_include_tax ? t.shell.pricesIncludeTax : t.shell.pricesAddTax}</span>}
        <span>{t.shell.credits}</span>
      </p>
    </footer>
  );
}

function Columns() {
  const t = useMessages();
  const { data: shop } = useShop();
  const sections = useFooterSections();
  return (
    <div className={`page ${styles.columns}`}>
      <p className={styles.name}>{shop?.name}</p>
      {sections.map(({ title, entries }, index) => (
        <Column key={index} id={`footer-${index}`} title={title}>
          {entries.map((entry, at) => <li key={at}><MenuLink entry={entry} /></li>)}
        </Column>
      ))}
      {shop?.demo && (
        <Column id="footer-developers" title={t.shell.developers}>
          <li><a href="/api/docs">{t.shell.apiDocs}</a></li>
          <li><a href="/api/openapi.json">{t.shell.openApi}</a></li>
          <li><a href="/mailbox">{t.shell.mailbox}</a></li>
        </Column>
      )}
    </div>
  );
}

function Column({ id, title, children }: { id: string; title: string; children: ReactNode }) {
  return (
    <nav aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <ul className={styles.links}>{children}</ul>
    </nav>
  );
}

/** In new tabs, so that nothing is lost that was typed in the checkout. */
function LegalLinks() {
  const t = useMessages();
  const entries = useLegalEntries();
  if (entries.length === 0) return null;
  return (
    <nav aria-label={t.shell.legal} className={`page ${styles.legal}`}>
      <ul className={styles.links}>
        {entries.map(({ label, to }) => <li key={to}><NewTabLink to={to}>{label}</NewTabLink></li>)}
      </ul>
    </nav>
  );
}
