import { useState } from 'react';
import { useSuggestions } from '../api/catalogue';
import type { Suggestion } from '../api/types';
import { Combobox } from '../components/Combobox';
import { useDebounced } from '../components/debounced';
import { Icon } from '../components/Icon';
import { useMessages } from '../messages/messages';
import { useLocation, useNavigate, useSearchParams } from '../router/hooks';
import styles from './SearchBox.module.css';

function targetOf({ kind, handle }: Suggestion): string {
  return `/${kind === 'product' ? 'products' : 'categories'}/${encodeURIComponent(handle)}`;
}

export function SearchBox({ id }: { id: string }) {
  const t = useMessages();
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const [params] = useSearchParams();
  const searched = pathname === '/search' ? (params.get('q') ?? '') : '';
  const [text, setText] = useState(searched);
  // The box shows the query on the results page and is empty elsewhere.
  const page = `${pathname} ${searched}`;
  const [seenPage, setSeenPage] = useState(page);
  if (seenPage !== page) {
    setSeenPage(page);
    setText(searched);
  }

  const query = useDebounced(text, 150);
  const { data } = useSuggestions(query, t.language);
  const items = text.trim().length >= 2 && text !== searched ? (data?.items ?? []) : [];

  const search = () => {
    const q = text.trim();
    if (q) void navigate(`/search?q=${encodeURIComponent(q)}`);
  };

  return (
    <search>
      <form
        className={styles.form}
        action="/search"
        onSubmit={(event) => {
          event.preventDefault();
          search();
        }}
      >
        <label htmlFor={id} className="visually-hidden">{t.shell.searchProducts}</label>
        <Combobox
          id={id}
          name="q"
          value={text}
          onValueChange={setText}
          items={items}
          itemKey={(item) => `${item.kind} ${item.handle}`}
          listLabel={t.shell.suggestions}
          placeholder={t.shell.searchProducts}
          inputClassName={styles.input}
          enterKeyHint="search"
          onEnter={search}
          onPick={(item) => {
            setText('');
            void navigate(targetOf(item));
          }}
          renderItem={(item) => (
            <span className={styles.suggestion}>
              {item.image
                ? <img src={item.image.url} alt="" width="36" height="36" loading="lazy" />
                : <span className={styles.glyph}><Icon name="search" size={18} /></span>}
              <span>{item.text}</span>
              {item.kind === 'category' && <span className={styles.hint}>{t.shell.category}</span>}
            </span>
          )}
        />
        <button type="submit" aria-label={t.shell.search} className={styles.submit}>
          <Icon name="search" />
        </button>
      </form>
    </search>
  );
}
