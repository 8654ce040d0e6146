import type { ProductImage as ImageData } from '../api/types';
import { Icon } from './Icon';
import { SIZES, smallerSizes, type ImageSize } from './image-sizes';
import styles from './ProductImage.module.css';

interface ProductImageProps {
  image: ImageData | null | undefined;
  /** Empty where the text beside the image already names the product. */
  alt?: string;
  /** Loads at once, for images above the fold. */
  eager?: boolean;
  /** How wide it is shown, so that no larger file is loaded. */
  size?: ImageSize;
}

/** A square frame, so that the layout does not shift while the image loads; a placeholder icon without an image. */
export function ProductImage({ image, alt, eager = false, size = 'card' }: ProductImageProps) {
  const sources = image ? smallerSizes(image.url) : undefined;
  return (
    <span className={styles.frame}>
      {image ? (
        <img
          src={image.url}
          srcSet={sources}
          sizes={sources && SIZES[size]}
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
