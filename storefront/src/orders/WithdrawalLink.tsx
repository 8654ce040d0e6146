import { usePurchaseMessages } from '../messages/messages';

/** Leads from the top of the page to the function to withdraw, which is below the history: nobody must have to look for it. */
export function WithdrawalLink() {
  const t = usePurchaseMessages();
  return (
    <a
      href="#withdrawal-title"
      onClick={(event) => {
        // The browser's own jump would add the fragment to the URL, and end the thanks for an order just placed.
        event.preventDefault();
        document.getElementById('withdrawal-title')?.focus();
      }}
    >
      {t.withdrawal.withdraw}
    </a>
  );
}
