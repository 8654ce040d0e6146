import { lazy, Suspense, useState } from 'react';
import type { ProductImage as ImageData } from '../api/types';
import { Icon } from '../components/Icon';
import { ProductImage } from '../components/ProductImage';
import { useMessages } from '../messages/messages';
import styles from './Gallery.module.css';

const ImageViewer = lazy(async () => ({ default: (await import('./ImageViewer')).ImageViewer }));

interface GalleryProps {
  title: string;
  images: ImageData[];
  shown: number;
  onShow: (index: number) => void;
}

export function Gallery({ title, images, shown, onShow }: GalleryProps) {
  const t = useMessages();
  const [enlarged, setEnlarged] = useState(false);
  // The viewer's code is loaded once it is wanted; afterwards it stays, so that its dialog can give the focus back.
  const [wasEnlarged, setWasEnlarged] = useState(false);
  const index = images[shown] ? shown : 0;
  const image = images[index];
  return (
    <div className={styles.gallery}>
      <div className={styles.main}>
        <ProductImage image={image} eager size="main" />
        {image && (
          <button
            type="button"
            className={styles.enlarge}
            aria-label={t.product.enlarge(title)}
            aria-haspopup="dialog"
            onClick={() => {
              setWasEnlarged(true);
              setEnlarged(true);
            }}
          >
            <span className={styles.corner}><Icon name="enlarge" /></span>
          </button>
        )}
        {images.length > 1 && <p className={styles.position}>{t.product.imageCount(index + 1, images.length)}</p>}
      </div>
      {images.length > 1 && (
        <ul className={styles.thumbs} aria-label={t.product.images}>
          {images.map((one, number) => (
            <li key={one.url}>
              <button
                type="button"
                aria-label={one.alt ? t.product.imageWithText(number + 1, images.length, one.alt) : t.product.image(number + 1, images.length)}
                aria-pressed={number === index}
                onClick={() => onShow(number)}
              >
                <ProductImage image={one} alt="" size="thumbnail" />
              </button>
            </li>
          ))}
        </ul>
      )}
      {wasEnlarged && (
        <Suspense fallback={null}>
          <ImageViewer title={title} images={images} shown={index} open={enlarged} onShow={onShow} onClose={() => setEnlarged(false)} />
        </Suspense>
      )}
    </div>
  );
}
