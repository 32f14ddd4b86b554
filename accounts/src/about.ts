/** What the pages of these accounts need to know before anybody is signed in. */
import { anyone, endpoint } from 'groundplan'
import { z } from 'zod'
import type { Kit } from './kit.ts'

const About = z.object({
  /** What its cookies begin with. */
  name: z.string(),
  title: z.string(),
  /** Where one goes who wanted to go nowhere else: a path of the pages. */
  home: z.string(),
  /** Whether people sign up by themselves; else they are invited. */
  signUp: z.boolean(),
})

export function about({ name, title, home, newcomers }: Kit) {
  const shown = { name, title, home, signUp: newcomers !== undefined }
  return endpoint('GET /about', {
    summary: 'Whose accounts these are, and whether one signs up by oneself',
    caller: anyone,
    returns: About,
    handle: () => shown,
  })
}
