/**
 * A project of its own for a test: a folder with a config and plans, removed at the end. Its packages are this
 * repository's.
 */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of this repository. */
export const repository = fileURLToPath(new URL('../../../../', import.meta.url))

export interface TestProject extends Disposable {
  readonly root: string
  write(path: string, text: string): void
}

/** Makes a project of files by path. */
export function testProject(files: Readonly<Record<string, string>>): TestProject {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'groundplan-project-')))
  symlinkSync(join(repository, 'node_modules'), join(root, 'node_modules'), 'junction')
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  for (const [path, text] of Object.entries(files)) write(path, text)
  return { root, write, [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }) }
}

/** A config of one system, `shop`. */
export const shopConfig = `import { config } from 'groundplan/config'
export default config({ systems: { shop: './shop/plan.ts' } })
`

/** The plan of that system, with one table in a file of its own. */
export const shopFiles: Readonly<Record<string, string>> = {
  'groundplan.config.ts': shopConfig,
  'shop/model.ts': `import { table } from 'groundplan'
import { z } from 'zod'
export const Product: z.ZodType<{ productId: string }> = z.object({ productId: z.string() })
export const products = table('products', { item: z.object({ productId: z.string() }), key: ['productId'] })
`,
  'shop/plan.ts': `import { anyone, endpoint, gateway, plan, service } from 'groundplan'
import { Product, products } from './model.ts'
const list = endpoint('GET /products/:productId', {
  summary: 'One product',
  caller: anyone,
  returns: Product,
  uses: { products: products.reader },
  handle: async ({ params }, { products }) => (await products.get(params)) ?? params,
})
export default plan('shop', { gateways: { api: gateway(service('server', { list })) } })
`,
}
