import type { EconomicOperator, ProductSafety } from '../../api/types';

/** The safety information as it is typed. */
export interface SafetyForm {
  manufacturer: OperatorForm;
  responsiblePerson: OperatorForm;
  warnings: string;
}

export interface OperatorForm {
  name: string;
  address: string;
  contact: string;
}

const NO_OPERATOR: OperatorForm = { name: '', address: '', contact: '' };

export const NO_SAFETY: SafetyForm = { manufacturer: NO_OPERATOR, responsiblePerson: NO_OPERATOR, warnings: '' };

/** The members of the API that are operators, with what messages call them. */
export const OPERATORS = [
  { key: 'manufacturer', pointer: '/safety/manufacturer', label: 'Manufacturer', noun: 'manufacturer' },
  { key: 'responsiblePerson', pointer: '/safety/responsible_person', label: 'Responsible person in the EU', noun: 'responsible person' },
] as const satisfies readonly { key: keyof SafetyForm; pointer: string; label: string; noun: string }[];

export function safetyForm(safety: ProductSafety | null | undefined): SafetyForm {
  return {
    manufacturer: operatorForm(safety?.manufacturer),
    responsiblePerson: operatorForm(safety?.responsible_person),
    warnings: safety?.warnings ?? '',
  };
}

function operatorForm(operator: EconomicOperator | null | undefined): OperatorForm {
  return operator ? { name: operator.name, address: operator.address ?? '', contact: operator.contact ?? '' } : NO_OPERATOR;
}

/** Builds the safety information; null if nothing was entered. */
export function safetyDraft(form: SafetyForm): ProductSafety | null {
  const manufacturer = operatorDraft(form.manufacturer);
  const person = operatorDraft(form.responsiblePerson);
  const warnings = form.warnings.trim();
  if (!manufacturer && !person && !warnings) return null;
  return { ...(manufacturer && { manufacturer }), ...(person && { responsible_person: person }), warnings };
}

function operatorDraft(form: OperatorForm): EconomicOperator | null {
  const operator = { name: form.name.trim(), address: form.address.trim(), contact: form.contact.trim() };
  return Object.values(operator).some(Boolean) ? operator : null;
}

/** Reports operators without a name, which the server refuses, with the JSON pointers of the names. */
export function checkSafety(form: SafetyForm): { pointer: string; message: string }[] {
  return OPERATORS.filter(({ key }) => operatorDraft(form[key])?.name === '').map(({ pointer, noun }) => ({
    pointer: `${pointer}/name`, message: `Enter the name of the ${noun}, or clear the address and the contact.`,
  }));
}
