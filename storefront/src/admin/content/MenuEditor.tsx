import { useId, useState } from 'react';
import { Button } from '../../components/Button';
import { MENU_TARGET } from '../messages/en';
import styles from './Content.module.css';
import { itemName, leadsNowhere, type MenuChoices } from './menu-choices';
import { MenuItemFields } from './MenuItemFields';
import { OrderButtons } from './OrderButtons';
import { emptyItem, fieldId, MAX_MENU_ITEMS, type ItemForm } from './storefront-form';
import { useOrderedList } from './use-ordered-list';

interface MenuEditorProps {
  /** The JSON pointer of the items, such as `/header_menu`. */
  pointer: string;
  /** The name of the menu or group of the items, for people who cannot see where the buttons are. */
  name: string;
  items: readonly ItemForm[];
  choices: MenuChoices;
  errorOf: (field: string) => string | undefined;
  /** Returns whether there are errors within an item, which must not be hidden. */
  hasErrors: (pointer: string) => boolean;
  onChange: (items: ItemForm[]) => void;
}

/** Edits the items of a menu. An item is opened to edit it. */
export function MenuEditor({ pointer, name, items, choices, errorOf, hasErrors, onChange }: MenuEditorProps) {
  const addButton = useId();
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set());
  const list = useOrderedList({ items, onChange, nameOf: (item, index) => itemName(item, choices, index), addButton });
  const toggle = (key: string) => setOpened((now) => (now.has(key) ? new Set([...now].filter((one) => one !== key)) : new Set([...now, key])));
  const add = () => {
    const item = emptyItem();
    setOpened(new Set([...opened, item.key]));
    list.add(item, fieldId(`${pointer}/${items.length}/target/kind`));
  };
  return (
    <>
      {items.length > 0 && (
        <ol className={styles.items} aria-label={`Items of ${name}`}>
          {items.map((item, index) => {
            const at = `${pointer}/${index}`;
            const isOpen = opened.has(item.key) || hasErrors(at);
            const label = itemName(item, choices, index);
            return (
              <li key={item.key}>
                <div className={styles.itemHead}>
                  <p><strong>{label}</strong> <span className={styles.soft}>{MENU_TARGET[item.kind]}{leadsNowhere(item, choices) && " that doesn't exist, so it isn't shown"}</span></p>
                  <OrderButtons id={item.key} name={label} index={index} count={items.length} onMove={(step) => list.move(index, step)} onRemove={() => list.remove(index)}>
                    <Button look="secondary" size="small" aria-expanded={isOpen} onClick={() => toggle(item.key)}>Edit<span className="visually-hidden"> {label}</span></Button>
                  </OrderButtons>
                </div>
                {isOpen && <MenuItemFields item={item} pointer={at} choices={choices} errorOf={errorOf} onChange={(part) => list.change(index, part)} />}
              </li>
            );
          })}
        </ol>
      )}
      {items.length < MAX_MENU_ITEMS && (
        <div><Button id={addButton} look="secondary" size="small" onClick={add}>Add item<span className="visually-hidden"> to {name}</span></Button></div>
      )}
    </>
  );
}
