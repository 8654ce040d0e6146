import { useEffect, useRef, useState, type RefObject } from 'react';
import { useLocation } from '../router/hooks';

interface Disclosure {
  open: boolean;
  setOpen: (open: boolean) => void;
  /** The element around the button and its panel. */
  box: RefObject<HTMLDivElement | null>;
  button: RefObject<HTMLButtonElement | null>;
}

/** A button that shows a panel of links below it. Escape closes the panel, and so does anything that happens outside it. */
export function useDisclosure(): Disclosure {
  const [open, setOpen] = useOpenUntilNavigation();
  const box = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!open) return;
    const outside = (event: Event) => {
      if (!box.current?.contains(event.target as Node)) setOpen(false);
    };
    const escape = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return;
      setOpen(false);
      button.current?.focus();
    };
    document.addEventListener('pointerdown', outside);
    document.addEventListener('focusin', outside);
    document.addEventListener('keydown', escape);
    return () => {
      document.removeEventListener('pointerdown', outside);
      document.removeEventListener('focusin', outside);
      document.removeEventListener('keydown', escape);
    };
  }, [open, setOpen]);
  return { open, setOpen, box, button };
}

/** The state of a menu, which following a link closes. */
export function useOpenUntilNavigation(): [open: boolean, setOpen: (open: boolean) => void] {
  const [open, setOpen] = useState(false);
  const { key } = useLocation();
  const [openedAt, setOpenedAt] = useState(key);
  if (openedAt !== key) {
    setOpenedAt(key);
    setOpen(false);
  }
  return [open, setOpen];
}
