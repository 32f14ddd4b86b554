/**
 * Ports for servers that are told theirs before they listen: nobody else is given one of them by chance meanwhile. A port
 * that a system chooses may be anybody's a moment later, for it gives such ports to connections, too.
 */
import { createServer } from 'node:net'

/** Below what Linux gives to whoever asks for any port (32768), and above what services have by custom. */
const lowest = 20_000
const highest = 32_000
/** So many taken ones in a row are no chance. */
const mostTries = 100
/** In this process: who was told one may not listen yet. */
const given = new Set()

/**
 * A port of this machine that nobody has now.
 * @returns {Promise<number>}
 */
export async function freePort() {
  for (let tries = 1; ; tries++) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest))
    if (given.has(port)) continue
    try {
      await tried(port)
      given.add(port)
      return port
    } catch (error) {
      if (tries >= mostTries) throw error
    }
  }
}

/**
 * @param {number} port
 * @returns {Promise<void>}
 */
function tried(port) {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve()))
  })
}
