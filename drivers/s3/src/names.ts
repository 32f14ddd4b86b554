/** What buckets are called: the driver and whoever sets a server up must agree. */
import { createHash } from 'node:crypto'

/** S3 takes no more characters. */
const longestName = 63

/** `prefix`: the plan and its environment, `shop-test`; on Amazon also what makes it the only one of the world. */
export function bucketName(prefix: string, name: string): string {
  const whole = `${prefix}-${name}`.toLowerCase()
  if (whole.length <= longestName) return whole
  const mark = createHash('sha256').update(whole).digest('hex').slice(0, 12)
  return `${whole.slice(0, longestName - mark.length - 1)}-${mark}`
}
