import { testbed } from 'groundplan/testbed'
import { expect, it } from 'vitest'
import system from '../plan.ts'

it('shows an entry at once, and checks it a moment later', async () => {
  await using bed = await testbed(system)
  const written = await bed.gateways.api.write({ body: { name: 'Ada', text: 'Hello!' } })
  expect(written).toMatchObject({ ok: true, value: { name: 'Ada', checked: false } })

  await bed.settled()
  expect(await bed.gateways.api.list()).toMatchObject({ value: { entries: [{ text: 'Hello!', checked: true }] } })
})

it('keeps one entry when a request is sent again', async () => {
  await using bed = await testbed(system)
  const entry = { body: { name: 'Ada', text: 'Hello!' }, once: 'the-entry' }
  expect(await bed.gateways.api.write(entry)).toEqual(await bed.gateways.api.write(entry))
  expect((await bed.gateways.api.list()).value.entries).toHaveLength(1)
})
