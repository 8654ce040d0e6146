import { useId, useState, type DragEvent } from 'react';
import type { ProductImage } from '../../api/types';
import { Callout } from '../../components/States';
import { useToasts } from '../../components/Toasts';
import { uploadImage } from '../api/upload';
import { problemText } from '../messages/problems';
import { counted } from './formats';
import styles from './ImageUpload.module.css';

interface ImageUploadProps {
  label: string;
  multiple?: boolean;
  onImages: (images: ProductImage[]) => void;
}

/** A field for image files, which are uploaded at once. */
export function ImageUpload({ label, multiple = false, onImages }: ImageUploadProps) {
  const id = useId();
  const { announce } = useToasts();
  const [busy, setBusy] = useState(false);
  const [over, setOver] = useState(false);
  const [error, setError] = useState<string | null>(null);

  const upload = async (files: FileList | null) => {
    if (!files || files.length === 0 || busy) return;
    setBusy(true);
    setError(null);
    const added: ProductImage[] = [];
    try {
      // More than one file may also be dropped where one is wanted.
      for (const file of multiple ? files : [...files].slice(0, 1)) added.push(await uploadImage(file));
    } catch (problem) {
      setError(problemText(problem));
    }
    // Those before the one that failed are uploaded.
    if (added.length > 0) {
      onImages(added);
      announce(`Added ${counted(added.length, 'picture')}`);
    }
    setBusy(false);
  };

  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    void upload(event.dataTransfer.files);
  };

  return (
    // Dropping files is a second way to do what the field does.
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions
    <div
      className={styles.upload}
      data-over={over || undefined}
      aria-busy={busy}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={onDrop}
    >
      <label htmlFor={id}><strong>{label}</strong></label>
      <input
        id={id}
        type="file"
        accept="image/png,image/jpeg,image/webp,image/gif"
        multiple={multiple}
        onChange={(event) => {
          const { files } = event.target;
          void upload(files).finally(() => {
            event.target.value = '';
          });
        }}
      />
      <p className={styles.soft} role="status">{busy ? 'Uploading…' : `PNG, JPEG, WebP or GIF, up to 10 MB${multiple ? ' each' : ''}.`}</p>
      {error && <Callout kind="danger">{error}</Callout>}
    </div>
  );
}
