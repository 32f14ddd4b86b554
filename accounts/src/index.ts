/** The public words of `@groundplan/accounts`. */
export { type AccountsOptions, accounts } from './accounts.ts'
export type { Person } from './session.ts'
