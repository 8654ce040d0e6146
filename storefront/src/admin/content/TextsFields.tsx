import { TextField } from '../../components/Field';
import { LANGUAGES } from '../../messages/language';
import { FieldRow } from '../components/Page';
import { LANGUAGE } from '../messages/en';
import type { Texts } from '../components/by-language';
import { fieldId } from './storefront-form';

interface TextsFieldsProps {
  /** The JSON pointer of the texts, such as `/header_menu/0/labels`. */
  pointer: string;
  legend: string;
  hint?: string;
  maxLength: number;
  texts: Texts;
  errorOf: (field: string) => string | undefined;
  onChange: (texts: Texts) => void;
}

/** A short text in every language, side by side. */
export function TextsFields({ pointer, legend, hint, maxLength, texts, errorOf, onChange }: TextsFieldsProps) {
  return (
    <fieldset>
      <legend className="visually-hidden">{legend}</legend>
      <FieldRow>
        {LANGUAGES.map((language, index) => {
          const id = fieldId(`${pointer}/${language}`);
          return (
            <TextField
              key={language}
              id={id}
              label={`${legend} in ${LANGUAGE[language]}`}
              optional
              hint={index === 0 ? hint : undefined}
              lang={language}
              maxLength={maxLength}
              value={texts[language]}
              error={errorOf(id)}
              onChange={(event) => onChange({ ...texts, [language]: event.target.value })}
            />
          );
        })}
      </FieldRow>
    </fieldset>
  );
}
