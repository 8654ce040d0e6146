import { Button } from '../../components/Button';
import { TextField } from '../../components/Field';
import { ProductImage } from '../../components/ProductImage';
import { useToasts } from '../../components/Toasts';
import { ImageUpload } from '../components/ImageUpload';
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
      <ImageUpload label="Add pictures" multiple onImages={(added) => set((now) => ({ images: [...now.images, ...added.map(({ url, alt }) => ({ key: newKey(), url, alt }))] }))} />
    </Card>
  );
}
