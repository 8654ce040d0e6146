import { useEffect, useRef, type KeyboardEvent } from 'react';
import type { ProductImage as ImageData } from '../api/types';
import { Icon } from '../components/Icon';
import { useMessages } from '../messages/messages';
import styles from './ImageViewer.module.css';

interface ImageViewerProps {
  title: string;
  images: ImageData[];
  shown: number;
  open: boolean;
  onShow: (index: number) => void;
  onClose: () => void;
}

/** The images of a product as large as the screen. The native dialog keeps the focus, and gives it back. */
export function ImageViewer({ title, images, shown, open, onShow, onClose }: ImageViewerProps) {
  const t = useMessages();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (open && !dialog.current?.open) dialog.current?.showModal();
    if (!open && dialog.current?.open) dialog.current.close();
  }, [open]);
  const image = images[shown];
  const move = (step: number) => onShow((shown + step + images.length) % images.length);
  const onKeyDown = (event: KeyboardEvent) => {
    if (images.length < 2) return;
    if (event.key === 'ArrowRight') move(1);
    if (event.key === 'ArrowLeft') move(-1);
  };
  return (
    // The keys are a shortcut for the buttons inside.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <dialog ref={dialog} className={styles.viewer} aria-label={title} onClose={onClose} onKeyDown={onKeyDown}>
      {open && image && (
        <>
          <button type="button" className={styles.close} aria-label={t.common.close(title)} onClick={onClose}>
            <Icon name="close" size={24} />
          </button>
          <img src={image.url} alt={image.alt} className={styles.image} width="800" height="800" />
          {images.length > 1 && (
            <div className={styles.controls}>
              <button type="button" className={styles.back} aria-label={t.product.previousImage} onClick={() => move(-1)}><Icon name="arrow" size={24} /></button>
              <p role="status">{t.product.imageCount(shown + 1, images.length)}</p>
              <button type="button" aria-label={t.product.nextImage} onClick={() => move(1)}><Icon name="arrow" size={24} /></button>
            </div>
          )}
        </>
      )}
    </dialog>
  );
}
