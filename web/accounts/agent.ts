/** What a browser calls itself, in words that people know their devices by. */

const browsers = [
  ['Edge', /\bEdg/],
  ['Opera', /\bOPR\//],
  ['Firefox', /\b(?:Firefox|FxiOS)\//],
  ['Chrome', /\b(?:Chrome|HeadlessChrome|CriOS)\//],
  ['Safari', /\bSafari\//],
] as const

const systems = [
  ['iPhone', /\biPhone\b/],
  ['iPad', /\biPad\b/],
  ['Android', /\bAndroid\b/],
  ['Windows', /\bWindows\b/],
  ['Mac', /\bMac OS X\b/],
  ['Linux', /\bLinux\b/],
] as const

const mostLetters = 60

export function agentWords(agent: string): string {
  const [browser, system] = [named(browsers, agent), named(systems, agent)]
  if (browser && system) return `${browser} on ${system}`
  return browser ?? system ?? (agent.slice(0, mostLetters) || 'A program')
}

function named(known: readonly (readonly [string, RegExp])[], agent: string): string | undefined {
  return known.find(([, pattern]) => pattern.test(agent))?.[0]
}
