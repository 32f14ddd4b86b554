/** Where the images listen, as `groundplan compose` writes them. */
import { web } from '../system.ts'

const serverPort = 7400
const webPort = 3000

export function portOf(container: string): number {
  return container === web ? webPort : serverPort
}
