/**
 * The people of the tests, as their sign-in makes them known.
 */
export { customer, operator } from '../callers.ts'

export function customerNamed(name: string) {
  return { keyId: `key of ${name}`, account: name, scopes: ['customer' as const] }
}

export const anna = customerNamed('anna')
export const ben = customerNamed('ben')
export const olga = { keyId: 'key of olga', account: 'olga', scopes: ['operator' as const] }
