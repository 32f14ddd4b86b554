/**
 * Whether the rows that a plan declares and the columns that a database has agree: what Kysely's types promise, compared
 * with what PostgreSQL keeps.
 */
import { z } from 'zod'
import type { DatabaseEngine } from '../../contract/database.ts'
import type { DatabaseSpec } from '../../plan/database.ts'

export interface ColumnDifference {
  readonly table: string
  readonly column?: string
  /**
   * - `no-table`, `no-column`: declared, and not there.
   * - `type`: what is read is of another type than declared.
   * - `nullable`: may be null, and the declared type has no null.
   * - `undeclared`: not declared, and an insert without it fails.
   * - `required`: declared as optional, and an insert without it fails.
   */
  readonly kind: 'no-table' | 'no-column' | 'type' | 'nullable' | 'undeclared' | 'required'
  /** For people. */
  readonly detail: string
}

/** Where the declared rows and the real columns differ; sorted by table and column. Changes nothing. */
export async function compareColumns(
  engine: DatabaseEngine,
  { rows }: Pick<DatabaseSpec, 'rows'>,
): Promise<readonly ColumnDifference[]> {
  const real = await columnsOf(engine)
  return Object.keys(rows)
    .sort()
    .flatMap(table =>
      compareTable(
        table,
        rows[table]?.shape ?? {},
        real.filter(column => column.table === table),
      ),
    )
}

// ---------- what there is

interface Column {
  readonly table: string
  readonly name: string
  /** As PostgreSQL calls it: `int4`, `_text`. */
  readonly type: string
  readonly nullable: boolean
  /** An insert may leave it out. */
  readonly filled: boolean
}

const columnsQuery = `select table_name, column_name, udt_name, is_nullable = 'YES' as nullable,
    column_default is not null or is_identity = 'YES' or is_generated = 'ALWAYS' or is_nullable = 'YES' as filled
  from information_schema.columns where table_schema = any (current_schemas(false)) order by column_name`

async function columnsOf(engine: DatabaseEngine): Promise<readonly Column[]> {
  const { rows } = await engine.readOnly.query(columnsQuery)
  return rows.map(row => ({
    table: String(row.table_name),
    name: String(row.column_name),
    type: String(row.udt_name),
    nullable: row.nullable === true,
    filled: row.filled === true,
  }))
}

// ---------- what differs

type Declared = Readonly<Record<string, z.core.$ZodType>>

function compareTable(table: string, declared: Declared, columns: readonly Column[]): readonly ColumnDifference[] {
  if (columns.length === 0) return [{ table, kind: 'no-table', detail: `there is no table "${table}"` }]
  const names = [...new Set([...Object.keys(declared), ...columns.map(column => column.name)])].sort()
  return names.flatMap(name => {
    const schema = declared[name]
    const column = columns.find(each => each.name === name)
    const found = schema ? compareDeclared(schema, column) : compareUndeclared(column)
    return found.map(([kind, detail]) => ({ table, column: name, kind, detail }))
  })
}

type Found = readonly (readonly [kind: ColumnDifference['kind'], detail: string])[]

function compareUndeclared(column: Column | undefined): Found {
  if (!column || column.filled) return []
  return [['undeclared', 'is not declared, has no default and may not be null: no insert can succeed']]
}

function compareDeclared(schema: z.core.$ZodType, column: Column | undefined): Found {
  if (!column) return [['no-column', 'is declared, and there is no such column']]
  const found: [ColumnDifference['kind'], string][] = []
  const given = givenFor(column.type)
  const declared = declaredTypes(schema)
  if (given && declared && !declared.includes(given)) {
    found.push(['type', `is declared as ${declared.join(' or ')}, and ${column.type} gives ${given}`])
  }
  if (column.nullable && !z.safeParse(schema, null).success)
    found.push(['nullable', 'may be null, and is not declared nullable'])
  if (!column.filled && z.safeParse(schema, undefined).success) {
    found.push(['required', 'is declared as optional, has no default and may not be null'])
  }
  return found
}

const numbers = ['int2', 'int4', 'int8', 'float4', 'float8', 'oid']

/** What the contract gives for a type of PostgreSQL; undefined: anything. */
function givenFor(type: string): string | undefined {
  if (type.startsWith('_')) return 'array'
  if (numbers.includes(type)) return 'number'
  if (type === 'bool') return 'boolean'
  return type === 'json' || type === 'jsonb' || type === 'bytea' ? undefined : 'string'
}

/** The types of JSON that a schema's values have; undefined: anything. */
function declaredTypes(schema: z.core.$ZodType): readonly string[] | undefined {
  const json = z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any' })
  const types = typesIn(json)
  return (
    types && [...new Set(types.map(type => (type === 'integer' ? 'number' : type)))].filter(type => type !== 'null')
  )
}

function typesIn(json: z.core.JSONSchema._JSONSchema): readonly string[] | undefined {
  if (typeof json === 'boolean') return undefined
  if (json.type) return [json.type].flat()
  if (json.const !== undefined) return [typeof json.const]
  if (json.enum) return json.enum.map(value => (value === null ? 'null' : typeof value))
  const parts = (json.anyOf ?? json.oneOf)?.map(typesIn)
  return parts?.every(part => part !== undefined) ? parts.flat() : undefined
}
