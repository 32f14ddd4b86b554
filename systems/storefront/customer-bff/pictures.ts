/**
 * Pictures of products, from their bucket. A name never gets another picture, so a browser may keep what it has.
 */
import { answer, anyone, endpoint, file, problem } from 'groundplan'
import { z } from 'zod'
import { PictureName } from '../model/ids.ts'
import { pictures } from '../resources.ts'

const types = ['image/svg+xml', 'image/png', 'image/jpeg', 'image/webp'] as const

const headers = {
  'cache-control': 'public, max-age=31536000, immutable',
  // Opened by itself, a picture runs nothing.
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
}

export const picture = endpoint('GET /pictures/:picture', {
  summary: 'A picture of a product',
  caller: anyone,
  params: z.object({ picture: PictureName }),
  returns: file(...types),
  fails: { 'not-found': 404 },
  uses: { pictures: pictures.reader },
  async handle({ params }, { pictures }) {
    const found = await pictures.get(params.picture)
    const type = types.find(each => each === found?.type)
    if (!found || !type) return problem('not-found', 'There is no such picture')
    return answer(200, { type, content: found.stream() }, { ...headers, etag: `"${found.etag.replaceAll('"', '')}"` })
  },
})
