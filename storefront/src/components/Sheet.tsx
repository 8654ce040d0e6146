import { useEffect, useRef, type ReactNode } from 'react';
import { useMessages } from '../messages/messages';
import { Icon } from './Icon';
import styles from './Sheet.module.css';

interface SheetProps {
  open: boolean;
  onClose: () => void;
  title: string;
  children: ReactNode;
  footer?: ReactNode;
}

/** A modal panel. The native dialog element traps the focus and restores it when closed. */
export function Sheet({ open, onClose, title, children, footer }: SheetProps) {
  const t = useMessages();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (open && !dialog.current?.open) dialog.current?.showModal();
    if (!open && dialog.current?.open) dialog.current.close();
  }, [open]);
  return (
    <dialog ref={dialog} className={styles.sheet} aria-labelledby="sheet-title" onClose={onClose}>
      {open && (
        <div className={styles.frame}>
          <header className={styles.head}>
            <h2 id="sheet-title">{title}</h2>
            <button type="button" aria-label={t.common.close(title)} onClick={onClose}>
              <Icon name="close" />
            </button>
          </header>
          <div className={styles.body}>{children}</div>
          {footer && <footer className={styles.foot}>{footer}</footer>}
        </div>
      )}
    </dialog>
  );
}
