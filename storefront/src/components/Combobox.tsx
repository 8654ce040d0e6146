import { useState, type KeyboardEvent, type ReactNode } from 'react';
import { useMessages } from '../messages/messages';
import styles from './Combobox.module.css';

interface ComboboxProps<T> {
  id: string;
  value: string;
  onValueChange: (text: string) => void;
  items: T[];
  itemKey: (item: T) => string;
  renderItem: (item: T) => ReactNode;
  onPick: (item: T) => void;
  /** Handles Enter while no option is highlighted; by default Enter picks the first option. */
  onEnter?: () => void;
  /** Names the list of options for screen readers. */
  listLabel: string;
  /** Shown and announced when there are no options. */
  status?: string;
  inputClassName?: string | undefined;
  placeholder?: string;
  name?: string;
  invalid?: boolean;
  describedBy?: string | undefined;
  required?: boolean;
  enterKeyHint?: 'search' | 'next';
}

/** A text field with a list of suggestions: the combobox pattern of ARIA 1.2. */
export function Combobox<T>(props: ComboboxProps<T>) {
  const { id, value, items, itemKey, renderItem, onPick, onValueChange, status } = props;
  const t = useMessages();
  const listId = `${id}-list`;
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const shown = open && (items.length > 0 || Boolean(status));
  const activeItem = shown ? items[active] : undefined;

  const close = () => {
    setOpen(false);
    setActive(-1);
  };

  const pick = (item: T) => {
    close();
    onPick(item);
  };

  const move = (step: number) => {
    setOpen(true);
    if (items.length === 0) return;
    // One position more than there are options: the text field itself is part of the cycle.
    const positions = items.length + 1;
    setActive((before) => ((before + 1 + step + positions) % positions) - 1);
  };

  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      move(event.key === 'ArrowDown' ? 1 : -1);
    } else if (event.key === 'Escape' && open) {
      event.preventDefault();
      close();
    } else if (event.key === 'Enter') {
      const first = items[0];
      if (activeItem !== undefined) {
        event.preventDefault();
        pick(activeItem);
      } else if (props.onEnter) {
        event.preventDefault();
        close();
        props.onEnter();
      } else if (shown && first !== undefined) {
        event.preventDefault();
        pick(first);
      }
    }
  };

  return (
    <div className={styles.combobox}>
      <input
        id={id}
        name={props.name}
        className={props.inputClassName}
        type="text"
        role="combobox"
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        enterKeyHint={props.enterKeyHint}
        placeholder={props.placeholder}
        required={props.required}
        aria-expanded={shown}
        aria-controls={listId}
        aria-autocomplete="list"
        aria-activedescendant={activeItem === undefined ? undefined : `${listId}-${active}`}
        aria-invalid={props.invalid || undefined}
        aria-describedby={props.describedBy}
        value={value}
        onChange={(event) => {
          onValueChange(event.target.value);
          setOpen(true);
          setActive(-1);
        }}
        onFocus={() => setOpen(true)}
        onBlur={close}
        onKeyDown={onKeyDown}
      />
      <div className={styles.popup} hidden={!shown}>
        <ul id={listId} role="listbox" aria-label={props.listLabel} className={styles.list}>
          {items.map((item, index) => (
            <li
              key={itemKey(item)}
              id={`${listId}-${index}`}
              role="option"
              aria-selected={index === active}
              className={index === active ? styles.active : undefined}
              // The press must not take the focus from the field, whose blur closes the list.
              onPointerDown={(event) => event.preventDefault()}
              onPointerMove={() => setActive(index)}
              onClick={() => pick(item)}
              onKeyDown={undefined}
            >
              {renderItem(item)}
            </li>
          ))}
        </ul>
        {items.length === 0 && status && <p className={styles.status}>{status}</p>}
      </div>
      <span className="visually-hidden" role="status">
        {shown ? (items.length > 0 ? t.common.suggestions(items.length) : status) : ''}
      </span>
    </div>
  );
}
