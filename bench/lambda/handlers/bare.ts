/** No framework and no validation. */
import { placed } from '../work.ts'

export const handler = async (event: { readonly path: string; readonly body: string }) => ({
  statusCode: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(placed(event.path.slice(event.path.lastIndexOf('/') + 1), JSON.parse(event.body))),
})
