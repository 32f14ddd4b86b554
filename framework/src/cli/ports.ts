/**
 * Ports: what to say when one cannot be had, with the next that can.
 */
import { createServer } from 'node:net'
import { Failure } from './errors.ts'

/** How many ports after a taken one are tried. */
const tried = 50

/** A port from what was typed; undefined when it is none. 0 stands for any that is free. */
export function portFrom(text: string): number | undefined {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  return port <= 65_535 ? port : undefined
}

/** Puts what `listen` threw into words; other errors are given back as they are. */
export async function listenFailure(error: unknown, host: string, port: number): Promise<unknown> {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EADDRINUSE') {
    const free = await nextFree(host, port)
    const wayOut = free === undefined ? 'stop what listens there, or choose another --port' : `--port ${free} is free`
    return new Failure(`Port ${port} of ${host} is taken`, wayOut, 1, error)
  }
  if (code === 'EACCES')
    return new Failure(`You may not listen on port ${port}`, 'choose a --port above 1023', 1, error)
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return new Failure(
      `This machine has no address ${host}`,
      'leave --host away, or use 0.0.0.0 for all addresses',
      1,
      error,
    )
  }
  return error
}

/** The first port after `port` that nobody listens on. */
export async function nextFree(host: string, port: number): Promise<number | undefined> {
  for (let next = port + 1; next <= Math.min(port + tried, 65_535); next++) {
    if (await isFree(host, next)) return next
  }
  return undefined
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)))
  })
}
