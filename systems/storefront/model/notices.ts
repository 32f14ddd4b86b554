/**
 * What operations are told in their inbox.
 */
import { z } from 'zod'
import { Day } from './ids.ts'

export const Notice = z
  .object({
    day: Day,
    noticeId: z.string(),
    orderId: z.string(),
    text: z.string(),
    at: z.iso.datetime(),
    /** When somebody of operations has seen to it. */
    seenAt: z.iso.datetime().optional(),
  })
  .meta({ id: 'Notice' })
