/**
 * What a page may load and run: its own scripts and styles, which carry the nonce of this one answer; nothing of anybody
 * else. Hot reload needs more, and only where it runs.
 */
export function contentPolicy(nonce: string, dev: boolean): string {
  const own = `'nonce-${nonce}'`
  return [
    "default-src 'none'",
    `script-src ${own} 'strict-dynamic'${dev ? " 'unsafe-eval'" : ''}`,
    dev ? "style-src 'self' 'unsafe-inline'" : `style-src 'self' ${own}`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}
