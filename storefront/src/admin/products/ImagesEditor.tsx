import { useId, useState, type DragEvent } from 'react';
import { problemText } from '../messages/problems';
import { Button } from '../../components/Button';
import { TextField } from '../../components/Field';
import { ProductImage } from '../../components/ProductImage';
import { Callout } from '../../components/States';
import { useToasts } from '../../components/Toasts';
import { uploadImage } from '../api/upload';
import { counted } from '../components/formats';
import { Card } from '../components/Page';
import { fieldId, moved, newKey, type ImageForm, type ProductForm } from './product-form';
import styles from './Products.module.css';

export interface EditorProps {
  form: ProductForm;
  /** Changes the form. A function gets the form as it then is, for changes that were prepared in the meantime. */
  set: (change: Partial<ProductForm> | ((now: ProductForm) => Partial<ProductForm>)) => void;
  errorOf: (field: string) => string | undefined;
}

export function ImagesEditor({ form: { images }, set, errorOf }: EditorProps) {
  const { announce } = useToasts();
  const change = (index: number, part: Partial<ImageForm>) => set({ images: images.map((image, at) => (at === index ? { ...image, ...part } : image)) });
  const move = (index: number, step: -1 | 1) => {
    set({ images: moved(images, index, step) });
    announce(`Picture ${index + 1} is now picture ${index + 1 + step}`);
  };
  return (
    <Card title="Pictures">
      {images.length > 0 && (
        <ul className={styles.images}>
          {images.map((image, index) => (
            <li key={image.key}>
              <span className={styles.picture}><ProductImage image={image} alt="" /></span>
              <TextField id={fieldId(`/images/${index}/alt`)} label={`Text for picture ${index + 1}`} optional hint={index === 0 ? 'The main picture. Describe it for people who cannot see it.' : undefined} maxLength={500} value={image.alt} error={errorOf(fieldId(`/images/${index}/alt`)) ?? errorOf(fieldId(`/images/${index}/url`))} onChange={(event) => change(index, { alt: event.target.value })} />
              <div className={styles.buttons}>
                <Button look="secondary" size="small" disabled={index === 0} aria-label={`Move picture ${index + 1} forward`} onClick={() => move(index, -1)}>Forward</Button>
                <Button look="secondary" size="small" disabled={index === images.length - 1} aria-label={`Move picture ${index + 1} back`} onClick={() => move(index, 1)}>Back</Button>
                <Button look="quiet" size="small" aria-label={`Remove picture ${index + 1}`} onClick={() => set({ images: images.filter((_, at) => at !== index) })}>Remove</Button>
              </div>
            </li>
          ))}
        </ul>
      )}
      <Upload onImages={(added) => set((now) => ({ images: [...now.images, ...added] }))} />
    </Card>
  );
}

function Upload({ onImages }: { onImages: (images: ImageForm[]) => void }) {
  const id = useId();
  const { announce } = useToasts();
  const [busy, setBusy] = useState(false);
  const [over, setOver] = useState(false);
  const [error, setError] = useState<string | null>(null);

  const upload = async (files: FileList | null) => {
    if (!files || files.length === 0 || busy) return;
    setBusy(true);
    setError(null);
    const added: ImageForm[] = [];
    try {
      for (const file of files) {
        const { url, alt } = await uploadImage(file);
        added.push({ key: newKey(), url, alt });
      }
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
      <label htmlFor={id}><strong>Add pictures</strong></label>
      <input
        id={id}
        type="file"
        accept="image/png,image/jpeg,image/webp,image/gif"
        multiple
        onChange={(event) => {
          const { files } = event.target;
          void upload(files).finally(() => {
            event.target.value = '';
          });
        }}
      />
      <p className={styles.soft} role="status">{busy ? 'Uploading…' : 'PNG, JPEG, WebP or GIF, up to 10 MB each.'}</p>
      {error && <Callout kind="danger">{error}</Callout>}
    </div>
  );
}
