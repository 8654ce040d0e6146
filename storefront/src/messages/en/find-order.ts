export const findOrder = {
  text: 'Enter your order number and email address, and we email you the link to your order.',
  send: 'Send link',
  sent: 'If there is an order with this number and email address, we have sent you its link.',
  noNumber: 'Enter your order number.',
};
