/** HTTP by hand: bytes over a socket, for what no client library would send. */
import { connect, type Socket } from 'node:net'

export interface Reply {
  readonly status: number
  /** Names in lower case; of several lines of one name, the last. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** A connection on which one says what one likes. */
export class Wire {
  readonly socket: Socket
  #received = Buffer.alloc(0)
  #ended = false
  #wake: () => void = () => {}

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    this.socket.on('data', piece => {
      this.#received = Buffer.concat([this.#received, piece])
      this.#wake()
    })
    this.socket.on('end', () => this.#over())
    this.socket.on('close', () => this.#over())
    // A reset is one of the ways a connection ends.
    this.socket.on('error', () => this.#over())
  }

  send(text: string | Buffer): this {
    this.socket.write(typeof text === 'string' ? Buffer.from(text, 'latin1') : text)
    return this
  }

  /** Everything that has come and not been read. */
  get text(): string {
    return this.#received.toString('latin1')
  }

  /** The next answer; undefined when the connection ends without one. Chunks stay as they came. */
  async reply(): Promise<Reply | undefined> {
    await this.#until(() => this.#complete() !== undefined)
    const end = this.#complete()
    if (end === undefined) return undefined
    const text = this.#received.subarray(0, end).toString('latin1')
    this.#received = this.#received.subarray(end)
    return parsed(text)
  }

  /** Resolves when the server has ended the connection. */
  async closed(): Promise<void> {
    await this.#until(() => this.#ended)
  }

  async until(holds: (text: string) => boolean): Promise<void> {
    await this.#until(() => holds(this.text))
  }

  /** Lets go of what has come. */
  forget(): void {
    this.#received = Buffer.alloc(0)
  }

  destroy(): void {
    this.socket.destroy()
  }

  #over(): void {
    this.#ended = true
    this.#wake()
  }

  async #until(holds: () => boolean): Promise<void> {
    while (!holds() && !this.#ended) await new Promise<void>(resolve => (this.#wake = resolve))
  }

  /** Where the first answer ends. */
  #complete(): number | undefined {
    const text = this.text
    const head = text.indexOf('\r\n\r\n')
    if (head === -1) return undefined
    const length = /\r\ncontent-length: (\d+)/i.exec(text.slice(0, head))?.[1]
    const end = head + 4 + (length === undefined ? 0 : Number(length))
    return text.length >= end ? end : undefined
  }
}

function parsed(text: string): Reply {
  const head = text.slice(0, text.indexOf('\r\n\r\n'))
  const [line = '', ...lines] = head.split('\r\n')
  const headers = lines.map(each => [
    each.slice(0, each.indexOf(':')).toLowerCase(),
    each.slice(each.indexOf(':') + 1).trim(),
  ])
  return { status: Number(line.split(' ')[1]), headers: Object.fromEntries(headers), body: text.slice(head.length + 4) }
}

/** The lines of a request. */
export function request(line: string, headers: Readonly<Record<string, string | number>> = {}, body = ''): string {
  const all = { Host: 'localhost', ...headers }
  return `${[`${line} HTTP/1.1`, ...Object.entries(all).map(([name, value]) => `${name}: ${value}`)].join('\r\n')}\r\n\r\n${body}`
}

export function jsonRequest(
  line: string,
  body: string,
  headers: Readonly<Record<string, string | number>> = {},
): string {
  return request(
    line,
    { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body), ...headers },
    body,
  )
}
