import type { ProductImage as ImageData } from '../api/types';
import { Icon } from './Icon';
import styles from './ProductImage.module.css';

interface ProductImageProps {
  image: ImageData | null | undefined;
  /** Empty where the text beside the image already names the product. */
  alt?: string;
  /** Loads at once, for images above the fold. */
  eager?: boolean;
}

/** A square frame, so that the layout does not shift while the image loads; a placeholder icon without an image. */
export function ProductImage({ image, alt, eager = false }: ProductImageProps) {
  return (
    <span className={styles.frame}>
      {image ? (
        <img
          src={image.url}
          alt={alt ?? image.alt}
          width="800"
          height="800"
          loading={eager ? 'eager' : 'lazy'}
          fetchPriority={eager ? 'high' : 'auto'}
          decoding="async"
        />
      ) : (
        <Icon name="image" size={36} />
      )}
    </span>
  );
}
