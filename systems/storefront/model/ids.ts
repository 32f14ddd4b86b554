/**
 * Ids and paging, as requests give them.
 */
import { z } from 'zod'

/** Lower case words joined by hyphens: it stands in addresses. */
export const ProductId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,79}$/)
  .meta({ examples: ['halden-pocket-camera'] })
export const Category = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,39}$/)
  .meta({ examples: ['cameras'] })
/** The name of a picture in its bucket. */
export const PictureName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,99}\.(svg|png|jpg|webp)$/)
  .meta({ examples: ['halden-pocket-camera.svg'] })
export const Day = z.iso.date()

export const Paging = z.object({
  after: z.string().min(1).max(2_000).optional().describe('the `after` of the page before'),
  limit: z.coerce.number().int().min(1).max(100).default(20),
})

/** A page of these. */
export const pageOf = <S extends z.ZodType>(item: S) => z.object({ items: z.array(item), after: z.string().optional() })
