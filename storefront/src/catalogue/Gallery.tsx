import type { ProductImage as ImageData } from '../api/types';
import { ProductImage } from '../components/ProductImage';
import { useMessages } from '../messages/messages';
import styles from './Gallery.module.css';

interface GalleryProps {
  images: ImageData[];
  shown: number;
  onShow: (index: number) => void;
}

export function Gallery({ images, shown, onShow }: GalleryProps) {
  const t = useMessages();
  return (
    <div className={styles.gallery}>
      <div className={styles.main}>
        <ProductImage image={images[shown] ?? images[0]} eager />
      </div>
      {images.length > 1 && (
        <ul className={styles.thumbs} aria-label={t.product.images}>
          {images.map((image, index) => (
            <li key={image.url}>
              <button
                type="button"
                aria-label={image.alt ? t.product.imageWithText(index + 1, images.length, image.alt) : t.product.image(index + 1, images.length)}
                aria-pressed={index === shown}
                onClick={() => onShow(index)}
              >
                <ProductImage image={image} alt="" />
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
