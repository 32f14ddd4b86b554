import { expect, it, vi } from 'vitest'
import { hashing } from './hashing.ts'
import { HashingThreads } from './hashing-threads.ts'
import { knowing } from './passwords.ts'

it('what is known to fit is not hashed again, and whatever else is asked is', async () => {
  const real = hashing()
  const hash = await real.hash('the password')
  const other = await real.hash('another password')
  const { verify } = knowing(real, hash, 'the password')
  const derive = vi.spyOn(HashingThreads.prototype, 'derive')
  try {
    expect(await verify({ hash, password: 'the password' })).toBe(true)
    expect(derive).toHaveBeenCalledTimes(0)
    // Somebody has changed it in between.
    expect(await verify({ hash: other, password: 'the password' })).toBe(false)
    expect(await verify({ hash, password: 'the passworc' })).toBe(false)
    expect(derive).toHaveBeenCalledTimes(2)
  } finally {
    derive.mockRestore()
  }
})
