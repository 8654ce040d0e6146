import { useEffect, useId, useRef, type ReactNode } from 'react';
import { Button } from '../../components/Button';
import { ErrorSummary, type FieldError } from '../../components/Field';
import { Icon } from '../../components/Icon';
import styles from './Dialog.module.css';

interface DialogProps {
  open: boolean;
  onClose: () => void;
  title: string;
  size?: 'normal' | 'wide';
  children: ReactNode;
}

/** A modal dialog in the middle of the page. The native element traps the focus. */
export function Dialog({ open, onClose, title, size = 'normal', children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  // The element's close event also follows a close by this component, which is not the person's wish.
  const closing = useRef(false);
  useEffect(() => {
    const element = dialog.current;
    if (!open || !element) return;
    const opener = document.activeElement;
    element.showModal();
    // The first field, or else the button that changes nothing: by itself the browser would take the close button.
    (element.querySelector<HTMLElement>('input, select, textarea') ?? element.querySelector<HTMLElement>('footer button'))?.focus();
    return () => {
      // Escape has closed the element already: it would send no event that takes the mark away.
      if (element.open) {
        closing.current = true;
        element.close();
      }
      // The browser does not restore the focus of a dialog that is removed, and the button that opened it may be gone.
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
      if (document.activeElement === document.body) document.getElementById('main')?.focus({ preventScroll: true });
    };
  }, [open]);
  const onElementClose = () => {
    if (!closing.current) onClose();
    closing.current = false;
  };
  return (
    <dialog ref={dialog} className={`${styles.dialog} ${size === 'wide' ? styles.wide : ''}`} aria-labelledby={titleId} onClose={onElementClose}>
      {open && (
        <>
          <header className={styles.head}>
            <h2 id={titleId}>{title}</h2>
            <button type="button" aria-label="Close" onClick={onClose}><Icon name="close" /></button>
          </header>
          {children}
        </>
      )}
    </dialog>
  );
}

interface ActionDialogProps extends DialogProps {
  /** The button that does it, such as "Cancel order". */
  action: string;
  /** The button that does nothing. */
  keep?: string;
  danger?: boolean;
  busy: boolean;
  errors: FieldError[];
  onSubmit: () => void;
}

/** Asks before something happens that cannot simply be undone, or for the details that it needs. */
export function ActionDialog({ action, keep = 'Cancel', danger = false, busy, errors, onSubmit, children, ...dialog }: ActionDialogProps) {
  return (
    <Dialog {...dialog}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (!busy) onSubmit();
        }}
      >
        <div className={styles.body}>
          <ErrorSummary errors={errors} />
          {children}
        </div>
        <footer className={styles.foot}>
          <Button look="secondary" onClick={dialog.onClose}>{keep}</Button>
          <span className={danger ? styles.danger : undefined}><Button type="submit" busy={busy}>{action}</Button></span>
        </footer>
      </form>
    </Dialog>
  );
}
