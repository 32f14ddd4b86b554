/** Drives tables: puts, gets and queries of ten, 32 in flight, of 10,000 items in groups of ten. Prints JSON. */
const [name, text] = process.argv.slice(2)
const config = JSON.parse(text)
const { open } = await import(`./${name}.mjs`)
const tables = await open(config)
const item = n => ({
  owner: `owner-${Math.floor(n / 10) % 1_000}`,
  id: n % 10,
  title: 'a thing with a name of some length',
  price: n,
  sold: false,
})

async function during(milliseconds, once) {
  const start = performance.now()
  let count = 0
  const one = async () => {
    while (performance.now() - start < milliseconds) await once(count++)
  }
  await Promise.all(Array.from({ length: 32 }, one))
  return count / ((performance.now() - start) / 1_000)
}

const seconds = config.seconds * 1_000
for (let n = 0; n < 10_000; n += 32) {
  await Promise.all(Array.from({ length: Math.min(32, 10_000 - n) }, (_, at) => tables.put(item(n + at))))
}
const put = await during(seconds, n => tables.put(item(n * 7)))
const get = await during(seconds, async n => {
  const { owner, id } = item(n * 13)
  if (!(await tables.get(owner, id))) throw new Error('an item is missing')
})
const query = await during(seconds, async n => {
  if ((await tables.query(`owner-${(n * 17) % 1_000}`)) !== 10) throw new Error('a query gave too few')
})
await tables.close()
process.stdout.write(`${JSON.stringify({ put, get, query })}\n`, () => process.exit(0))
