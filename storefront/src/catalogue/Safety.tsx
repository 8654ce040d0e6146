import type { EconomicOperator, ProductSafety } from '../api/types';
import { useMessages } from '../messages/messages';
import { contactLink } from './contact';
import styles from './ProductSections.module.css';

/** Names the companies that answer for the safety of a product, and repeats its warnings. */
export function Safety({ safety }: { safety: ProductSafety }) {
  const t = useMessages();
  const { manufacturer, responsible_person: person, warnings } = safety;
  return (
    <dl className={styles.details}>
      {manufacturer && <div><dt>{t.product.manufacturer}</dt><Operator operator={manufacturer} /></div>}
      {person && <div><dt>{t.product.responsiblePerson}</dt><Operator operator={person} /></div>}
      {warnings && <div><dt>{t.product.warnings}</dt><dd className={styles.multiline}>{warnings}</dd></div>}
    </dl>
  );
}

function Operator({ operator: { name, address, contact } }: { operator: EconomicOperator }) {
  const link = contact ? contactLink(contact) : null;
  return (
    <dd className={styles.multiline}>
      <p>{name}</p>
      {address && <p>{address}</p>}
      {contact && <p>{link ? <a href={link} rel="noopener noreferrer">{contact}</a> : contact}</p>}
    </dd>
  );
}
