/**
 * What a command is told by standard input: piped in, or typed where nobody sees it.
 */
import { limits } from '../contract/limits.ts'
import { Failure, wrongUsage } from './errors.ts'
import { canAsk } from './operating.ts'
import type { Terminal } from './terminal.ts'

const mostLength = 2 * 1_024 * 1_024

/** All of standard input. Throws a failure (wrong usage) where somebody sits there instead. */
export async function pipedText({ input }: Terminal, what: string): Promise<string> {
  if (input.isTTY) throw wrongUsage(`It needs ${what}`, 'give it, or pipe it in')
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of input) {
    const part = Buffer.from(chunk)
    bytes += part.length
    if (bytes > mostLength) throw new Failure(`Standard input has more than ${mostLength} bytes`, 'give less')
    chunks.push(part)
  }
  return Buffer.concat(chunks).toString()
}

/**
 * A secret's value: piped in, without the line end that follows it, or typed unseen. Never an argument: those can be seen
 * by everybody on the machine, and are kept by the shell.
 */
export async function secretText(terminal: Terminal, name: string): Promise<string> {
  const asks = canAsk(terminal)
  if (terminal.input.isTTY && !asks) throw wrongUsage('Nobody can be asked here', 'pipe the value in')
  const text = asks ? await unseen(terminal, `Value of ${name}: `) : await pipedText(terminal, 'a value')
  const value = text.replace(/\r?\n$/, '')
  if (value === '') throw new Failure('The value is empty', 'pipe it in, or type it when asked')
  if (Buffer.byteLength(value) > limits.secretBytes) {
    throw new Failure('The value is too large', `a secret has at most ${limits.secretBytes} bytes`)
  }
  return value
}

const interrupt = '\u0003'
const endOfInput = '\u0004'

/** Reads a line key by key; none of them is shown. */
async function unseen(terminal: Terminal, prompt: string): Promise<string> {
  const { input } = terminal
  // First: who sees the prompt types, and all of it would be shown till then.
  input.setRawMode?.(true)
  try {
    terminal.error(prompt)
    return await typedLine(input)
  } finally {
    input.setRawMode?.(false)
    terminal.error('\n')
  }
}

async function typedLine(input: Terminal['input']): Promise<string> {
  let line: readonly string[] = []
  for await (const chunk of input) {
    for (const key of String(chunk)) {
      if (key === '\r' || key === '\n' || key === endOfInput) return line.join('')
      if (key === interrupt) throw new Failure('Nothing was done', 'run it again when you have the value', 130)
      line = key === '\u007f' || key === '\b' ? line.slice(0, -1) : [...line, key]
    }
  }
  return line.join('')
}
