/**
 * Whether a text that anybody may have written leads to a page of ours, wherever a browser resolves it. `//other.example`,
 * `/\\other.example` and `/.//other.example` begin with a slash and lead elsewhere.
 */

const here = 'http://here.invalid'

export function isPathHere(text: string): boolean {
  if (!text.startsWith('/') || !URL.canParse(text, here)) return false
  const { origin, pathname } = new URL(text, here)
  return origin === here && !pathname.startsWith('//')
}
