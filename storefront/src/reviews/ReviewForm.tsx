import { useState, type FormEvent } from 'react';
import { messageOf } from '../api/problem';
import { useDeleteReview, useWriteReview } from '../api/ratings';
import type { Review } from '../api/types';
import { Button } from '../components/Button';
import { ErrorSummary, TextArea, TextField, type FieldError } from '../components/Field';
import { errorsOf } from '../components/form-errors';
import { useToasts } from '../components/Toasts';
import { useMessages } from '../messages/messages';
import { displayName } from './display-name';
import styles from './ReviewForm.module.css';

const FIELDS = { '/title': 'review-title', '/body': 'review-body', '/score': 'review-score-5', '/author': 'review-author' };

interface ReviewFormProps {
  handle: string;
  title: string;
  mine: Review | undefined;
  /** The account's name, the default for the display name. */
  name: string;
  onDone: () => void;
}

export function ReviewForm({ handle, title, mine, name, onDone }: ReviewFormProps) {
  const t = useMessages();
  const [score, setScore] = useState(mine?.score ?? 0);
  const [headline, setHeadline] = useState(mine?.title ?? '');
  const [body, setBody] = useState(mine?.body ?? '');
  const [author, setAuthor] = useState(mine?.author ?? displayName(name));
  const [errors, setErrors] = useState<FieldError[]>([]);
  const write = useWriteReview(handle);
  const remove = useDeleteReview(handle);
  const { notify } = useToasts();
  const errorOf = (field: string) => errors.find((error) => error.field === field)?.message;

  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    const found: FieldError[] = [];
    if (score === 0) found.push({ field: FIELDS['/score'], message: t.reviews.noScore });
    if (headline.trim() === '') found.push({ field: FIELDS['/title'], message: t.reviews.noHeadline });
    if (author.trim() === '') found.push({ field: FIELDS['/author'], message: t.reviews.noAuthor });
    setErrors(found);
    if (found.length > 0) return;
    write.mutate({ score, title: headline.trim(), body: body.trim(), author: author.trim() }, {
      onSuccess: (review) => {
        notify({ text: review.state === 'pending' ? t.reviews.pending : t.reviews.thanks });
        onDone();
      },
      onError: (error) => setErrors(errorsOf(error, FIELDS, t)),
    });
  };

  const onRemove = () =>
    remove.mutate(undefined, {
      onSuccess: () => {
        notify({ text: t.reviews.deleted });
        onDone();
      },
      onError: (error) => notify({ kind: 'problem', text: messageOf(error, t) }),
    });

  return (
    <form className={styles.form} onSubmit={onSubmit} noValidate aria-label={t.reviews.formOf(title)}>
      <ErrorSummary errors={errors} />
      <fieldset>
        <legend className={styles.legend}>{t.reviews.rating}</legend>
        <div className={styles.stars}>
          {[5, 4, 3, 2, 1].map((stars) => (
            <label key={stars} className={stars <= score ? styles.lit : undefined}>
              <input type="radio" id={`review-score-${stars}`} name="score" checked={score === stars} onChange={() => setScore(stars)} />
              <span aria-hidden="true">★</span>
              <span className="visually-hidden">{t.reviews.choice(stars, t.reviews.words[stars - 1] ?? '')}</span>
            </label>
          ))}
        </div>
        <p className={styles.word} aria-hidden="true">{t.reviews.words[score - 1] ?? t.reviews.chooseStars}</p>
      </fieldset>
      <TextField id="review-title" label={t.reviews.headline} value={headline} maxLength={120} required error={errorOf('review-title')} onChange={(event) => setHeadline(event.target.value)} />
      <TextArea id="review-body" label={t.reviews.body} optional value={body} maxLength={5000} error={errorOf('review-body')} onChange={(event) => setBody(event.target.value)} />
      <TextField id="review-author" label={t.reviews.author} hint={t.reviews.authorHint} value={author} maxLength={60} required error={errorOf('review-author')} onChange={(event) => setAuthor(event.target.value)} />
      <div className={styles.actions}>
        <Button type="submit" busy={write.isPending}>{mine ? t.reviews.save : t.reviews.submit}</Button>
        <Button look="quiet" onClick={onDone}>{t.common.cancel}</Button>
        {mine && <Button look="quiet" busy={remove.isPending} onClick={onRemove}>{t.reviews.delete}</Button>}
      </div>
    </form>
  );
}
