import { useId } from 'react';
import { Button } from '../../components/Button';
import styles from './Content.module.css';
import { groupName, type MenuChoices } from './menu-choices';
import { MenuEditor } from './MenuEditor';
import { OrderButtons } from './OrderButtons';
import { emptyGroup, fieldId, MAX_FOOTER_GROUPS, type GroupForm } from './storefront-form';
import { TextsFields } from './TextsFields';
import { useOrderedList } from './use-ordered-list';

interface FooterEditorProps {
  groups: readonly GroupForm[];
  choices: MenuChoices;
  errorOf: (field: string) => string | undefined;
  hasErrors: (pointer: string) => boolean;
  onChange: (groups: GroupForm[]) => void;
}

/** Edits the groups of the footer, each with a heading and a menu. */
export function FooterEditor({ groups, choices, errorOf, hasErrors, onChange }: FooterEditorProps) {
  const addButton = useId();
  const list = useOrderedList({ items: groups, onChange, nameOf: groupName, addButton });
  return (
    <>
      {groups.map((group, index) => {
        const name = groupName(group, index);
        return (
          <section key={group.key} className={styles.group} aria-labelledby={`${group.key}-name`}>
            <div className={styles.itemHead}>
              <h3 id={`${group.key}-name`}>{name}</h3>
              <OrderButtons id={group.key} name={`the group ${name}`} index={index} count={groups.length} onMove={(step) => list.move(index, step)} onRemove={() => list.remove(index)} />
            </div>
            <TextsFields pointer={`/footer_menu/${index}/titles`} legend="Heading" maxLength={60} texts={group.titles} errorOf={errorOf} onChange={(titles) => list.change(index, { titles })} />
            <MenuEditor pointer={`/footer_menu/${index}/items`} name={`the group ${name}`} items={group.items} choices={choices} errorOf={errorOf} hasErrors={hasErrors} onChange={(items) => list.change(index, { items })} />
          </section>
        );
      })}
      {groups.length < MAX_FOOTER_GROUPS && (
        <div><Button id={addButton} look="secondary" size="small" onClick={() => list.add(emptyGroup(), fieldId(`/footer_menu/${groups.length}/titles`))}>Add group</Button></div>
      )}
    </>
  );
}
