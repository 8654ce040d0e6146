import type { Picture as PictureData } from '../api/types';
import { Picture } from '../components/Picture';
import styles from './Gallery.module.css';

interface GalleryProps {
  pictures: PictureData[];
  shown: number;
  onShow: (index: number) => void;
}

export function Gallery({ pictures, shown, onShow }: GalleryProps) {
  return (
    <div className={styles.gallery}>
      <div className={styles.main}>
        <Picture picture={pictures[shown] ?? pictures[0]} eager />
      </div>
      {pictures.length > 1 && (
        <ul className={styles.thumbs} aria-label="Pictures">
          {pictures.map((picture, index) => (
            <li key={picture.url}>
              <button
                type="button"
                aria-label={`Picture ${index + 1} of ${pictures.length}: ${picture.alt}`}
                aria-pressed={index === shown}
                onClick={() => onShow(index)}
              >
                <Picture picture={picture} alt="" />
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
