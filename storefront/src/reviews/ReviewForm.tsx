import { useState, type FormEvent } from 'react';
import { messageOf } from '../api/problem';
import { useDeleteReview, useWriteReview } from '../api/ratings';
import type { Review } from '../api/types';
import { Button } from '../components/Button';
import { ErrorSummary, TextArea, TextField, type FieldError } from '../components/Field';
import { errorsOf } from '../components/form-errors';
import { useNotices } from '../components/Notices';
import styles from './ReviewForm.module.css';

const FIELDS = { '/title': 'review-title', '/body': 'review-body', '/score': 'review-score-5', '/author': 'review-author' };

const WORDS = ['Poor', 'Fair', 'Good', 'Very good', 'Excellent'];

interface ReviewFormProps {
  handle: string;
  title: string;
  mine: Review | undefined;
  /** The account's name, offered as the name under the review. */
  name: string;
  onDone: () => void;
}

export function ReviewForm({ handle, title, mine, name, onDone }: ReviewFormProps) {
  const [score, setScore] = useState(mine?.score ?? 0);
  const [headline, setHeadline] = useState(mine?.title ?? '');
  const [body, setBody] = useState(mine?.body ?? '');
  const [author, setAuthor] = useState(mine?.author ?? name);
  const [errors, setErrors] = useState<FieldError[]>([]);
  const write = useWriteReview(handle);
  const remove = useDeleteReview(handle);
  const { notify } = useNotices();
  const errorOf = (field: string) => errors.find((error) => error.field === field)?.message;

  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    const found: FieldError[] = [];
    if (score === 0) found.push({ field: FIELDS['/score'], message: 'Choose how many stars you give.' });
    if (headline.trim() === '') found.push({ field: FIELDS['/title'], message: 'Give your review a headline.' });
    if (author.trim() === '') found.push({ field: FIELDS['/author'], message: 'Say what name to show with it.' });
    setErrors(found);
    if (found.length > 0) return;
    write.mutate({ score, title: headline.trim(), body: body.trim(), author: author.trim() }, {
      onSuccess: (review) => {
        notify({ text: review.state === 'pending' ? 'Thank you. Your review appears once it has been read.' : 'Thank you for your review.' });
        onDone();
      },
      onError: (error) => setErrors(errorsOf(error, FIELDS)),
    });
  };

  const onRemove = () =>
    remove.mutate(undefined, {
      onSuccess: () => {
        notify({ text: 'Your review is removed.' });
        onDone();
      },
      onError: (error) => notify({ kind: 'problem', text: messageOf(error) }),
    });

  return (
    <form className={styles.form} onSubmit={onSubmit} noValidate aria-label={`Your review of ${title}`}>
      <ErrorSummary errors={errors} />
      <fieldset>
        <legend className={styles.legend}>Your rating</legend>
        <div className={styles.stars}>
          {[5, 4, 3, 2, 1].map((stars) => (
            <label key={stars} className={stars <= score ? styles.lit : undefined}>
              <input type="radio" id={`review-score-${stars}`} name="score" checked={score === stars} onChange={() => setScore(stars)} />
              <span aria-hidden="true">★</span>
              <span className="visually-hidden">{stars} {stars === 1 ? 'star' : 'stars'}: {WORDS[stars - 1]}</span>
            </label>
          ))}
        </div>
        <p className={styles.word} aria-hidden="true">{WORDS[score - 1] ?? 'Choose 1 to 5 stars'}</p>
      </fieldset>
      <TextField id="review-title" label="Headline" value={headline} maxLength={120} required error={errorOf('review-title')} onChange={(event) => setHeadline(event.target.value)} />
      <TextArea id="review-body" label="Your review" optional value={body} maxLength={5000} error={errorOf('review-body')} onChange={(event) => setBody(event.target.value)} />
      <TextField id="review-author" label="Name shown" hint="A first name or initials will do." value={author} maxLength={60} required error={errorOf('review-author')} onChange={(event) => setAuthor(event.target.value)} />
      <div className={styles.actions}>
        <Button type="submit" busy={write.isPending}>{mine ? 'Save review' : 'Publish review'}</Button>
        <Button look="quiet" onClick={onDone}>Cancel</Button>
        {mine && <Button look="quiet" busy={remove.isPending} onClick={onRemove}>Remove</Button>}
      </div>
    </form>
  );
}
