import type { Picture as PictureData } from '../api/types';
import { Icon } from './Icon';
import styles from './Picture.module.css';

interface PictureProps {
  picture: PictureData | null | undefined;
  /** Empty where the words beside the picture already name the product. */
  alt?: string;
  /** The pictures that are seen first must not wait for the layout. */
  eager?: boolean;
}

/** A square that keeps its place while the picture loads, and stays calm when there is none. */
export function Picture({ picture, alt, eager = false }: PictureProps) {
  return (
    <span className={styles.frame}>
      {picture ? (
        <img
          src={picture.url}
          alt={alt ?? picture.alt}
          width="800"
          height="800"
          loading={eager ? 'eager' : 'lazy'}
          fetchPriority={eager ? 'high' : 'auto'}
          decoding="async"
        />
      ) : (
        <Icon name="picture" size={36} />
      )}
    </span>
  );
}
