import type { ProductImage as ImageData } from '../api/types';
import { ProductImage } from '../components/ProductImage';
import styles from './Gallery.module.css';

interface GalleryProps {
  images: ImageData[];
  shown: number;
  onShow: (index: number) => void;
}

export function Gallery({ images, shown, onShow }: GalleryProps) {
  return (
    <div className={styles.gallery}>
      <div className={styles.main}>
        <ProductImage image={images[shown] ?? images[0]} eager />
      </div>
      {images.length > 1 && (
        <ul className={styles.thumbs} aria-label="Product images">
          {images.map((image, index) => (
            <li key={image.url}>
              <button
                type="button"
                aria-label={`Image ${index + 1} of ${images.length}: ${image.alt}`}
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
