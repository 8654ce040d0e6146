import { Button } from '../../components/Button';
import { TextField } from '../../components/Field';
import { useToasts } from '../../components/Toasts';
import { ImageUpload } from '../components/ImageUpload';
import { Card } from '../components/Page';
import { DEFAULT_ACCENT, isColour, readableOnWhite } from './colour';
import styles from './Content.module.css';
import { fieldId, type StorefrontForm } from './storefront-form';

interface LooksEditorProps {
  form: StorefrontForm;
  errorOf: (field: string) => string | undefined;
  onChange: (part: Partial<StorefrontForm>) => void;
}

const ACCENT = fieldId('/accent');
const LOGO = fieldId('/logo');

export function LooksEditor({ form, errorOf, onChange }: LooksEditorProps) {
  return (
    <>
      <LogoEditor form={form} errorOf={errorOf} onChange={onChange} />
      <AccentEditor form={form} errorOf={errorOf} onChange={onChange} />
    </>
  );
}

function LogoEditor({ form: { logo }, errorOf, onChange }: LooksEditorProps) {
  const { announce } = useToasts();
  const error = errorOf(LOGO);
  const remove = () => {
    onChange({ logo: null });
    announce('The logo is removed');
    // The button is gone with it.
    document.getElementById(LOGO)?.focus();
  };
  return (
    <Card title="Logo">
      <div id={LOGO} tabIndex={-1} className={styles.logo}>
        {logo ? <img src={logo.url} alt="The logo" /> : <p className={styles.soft}>No logo. The shop shows a symbol beside its name.</p>}
        {logo && <Button look="secondary" size="small" onClick={remove}>Remove<span className="visually-hidden"> the logo</span></Button>}
      </div>
      {error && <p className={styles.error}>{error}</p>}
      <p className={styles.soft}>The name of the shop stands beside it. It is shown 36 pixels high, on a light or dark background.</p>
      <ImageUpload label={logo ? 'Replace the logo' : 'Upload a logo'} onImages={([image]) => image && onChange({ logo: image })} />
    </Card>
  );
}

function AccentEditor({ form: { accent }, errorOf, onChange }: LooksEditorProps) {
  const colour = isColour(accent) ? accent.trim().toLowerCase() : DEFAULT_ACCENT;
  const shade = readableOnWhite(colour);
  const set = (next: string) => onChange({ accent: next });
  return (
    <Card title="Colour">
      <div className={styles.accent}>
        <input type="color" aria-label="Choose the colour of buttons and links" value={colour} onChange={(event) => set(event.target.value)} />
        <TextField id={ACCENT} label="Colour of buttons and links" optional maxLength={7} autoComplete="off" spellCheck={false} hint="Such as #0f5a47. Empty for the default." value={accent} error={errorOf(ACCENT)} onChange={(event) => set(event.target.value)} />
      </div>
      <div className={styles.sample} role="group" aria-label="Preview of the colour">
        <span className={styles.sampleButton} style={{ background: shade }}>Button</span>
        <span className={styles.sampleLink} style={{ color: shade }}>Link</span>
      </div>
      {shade !== colour && <p className={styles.soft}>This colour is too pale to be read on white, so the shop uses a darker shade, about like this one.</p>}
      <p className={styles.soft}>In dark mode, the shop uses a lighter shade.</p>
    </Card>
  );
}
