/**
 * The people of the tests, as their sign-in makes them known.
 */
export { customer, operator } from '../callers.ts'

export function customerNamed(name: string) {
  return { userId: name, sessionId: `session of ${name}`, roles: ['customer' as const], tenant: undefined }
}

export const anna = customerNamed('anna')
export const ben = customerNamed('ben')
export const olga = { ...customerNamed('olga'), roles: ['operator' as const] }
