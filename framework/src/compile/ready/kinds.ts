/**
 * Zod's names, as far as a stand-in must know them: which functions make a schema, and of what class it is. What is not
 * named here is left to Zod itself.
 */

export type Kind = `Zod${string}`

/** Parts of `z` that hold functions of their own. */
export const namespaces: ReadonlySet<string> = new Set(['iso', 'coerce'])

/** What makes schemas of a class, by name. Of those without a class it is asked of Zod. */
const makers: Readonly<Record<string, Kind | ''>> = {
  string: 'ZodString',
  number: 'ZodNumber',
  int: '',
  int32: '',
  uint32: '',
  float32: '',
  float64: '',
  boolean: 'ZodBoolean',
  bigint: 'ZodBigInt',
  date: 'ZodDate',
  symbol: 'ZodSymbol',
  undefined: 'ZodUndefined',
  null: 'ZodNull',
  void: 'ZodVoid',
  never: 'ZodNever',
  any: 'ZodAny',
  unknown: 'ZodUnknown',
  nan: 'ZodNaN',
  literal: 'ZodLiteral',
  enum: 'ZodEnum',
  nativeEnum: 'ZodEnum',
  object: 'ZodObject',
  strictObject: 'ZodObject',
  looseObject: 'ZodObject',
  array: 'ZodArray',
  tuple: 'ZodTuple',
  record: 'ZodRecord',
  partialRecord: '',
  looseRecord: '',
  map: 'ZodMap',
  set: 'ZodSet',
  union: 'ZodUnion',
  discriminatedUnion: 'ZodDiscriminatedUnion',
  intersection: 'ZodIntersection',
  optional: 'ZodOptional',
  nullable: 'ZodNullable',
  nullish: '',
  lazy: 'ZodLazy',
  custom: 'ZodCustom',
  instanceof: '',
  preprocess: '',
  pipe: 'ZodPipe',
  transform: 'ZodTransform',
  json: '',
  templateLiteral: '',
  stringbool: '',
  email: '',
  guid: '',
  uuid: '',
  uuidv4: '',
  uuidv6: '',
  uuidv7: '',
  url: '',
  httpUrl: '',
  hostname: '',
  emoji: '',
  nanoid: '',
  cuid: '',
  cuid2: '',
  ulid: '',
  xid: '',
  ksuid: '',
  ipv4: '',
  ipv6: '',
  cidrv4: '',
  cidrv6: '',
  mac: '',
  base64: '',
  base64url: '',
  hex: '',
  hash: '',
  e164: '',
  jwt: '',
  'iso.date': '',
  'iso.time': '',
  'iso.datetime': '',
  'iso.duration': '',
  'coerce.string': 'ZodString',
  'coerce.number': 'ZodNumber',
  'coerce.boolean': 'ZodBoolean',
  'coerce.bigint': 'ZodBigInt',
  'coerce.date': 'ZodDate',
}

export function makes(name: string): boolean {
  return Object.hasOwn(makers, name)
}

export function kindOf(name: string): Kind | undefined {
  return makers[name] || undefined
}

const methods: Readonly<Record<string, Kind>> = {
  optional: 'ZodOptional',
  exactOptional: 'ZodExactOptional',
  nonoptional: 'ZodNonOptional',
  nullable: 'ZodNullable',
  default: 'ZodDefault',
  prefault: 'ZodPrefault',
  catch: 'ZodCatch',
  readonly: 'ZodReadonly',
  array: 'ZodArray',
  or: 'ZodUnion',
  and: 'ZodIntersection',
  pipe: 'ZodPipe',
  transform: 'ZodPipe',
}

/** Methods that give a schema of the same class. */
const same: ReadonlySet<string> = new Set([
  ...['meta', 'describe', 'refine', 'superRefine', 'check', 'overwrite', 'brand', 'clone', 'register'],
  ...['min', 'max', 'length', 'nonempty', 'size', 'regex', 'includes', 'startsWith', 'endsWith', 'lowercase'],
  ...['uppercase', 'trim', 'normalize', 'toLowerCase', 'toUpperCase', 'slugify'],
  ...['gt', 'gte', 'lt', 'lte', 'int', 'safe', 'positive', 'nonnegative', 'negative', 'nonpositive', 'multipleOf'],
  ...['step', 'finite', 'extend', 'safeExtend', 'pick', 'omit', 'partial', 'required', 'strict', 'loose'],
  ...['strip', 'catchall', 'passthrough', 'rest'],
])

/** They change nothing that is read or written. */
export const keepsHow: ReadonlySet<string> = new Set(['meta', 'describe', 'brand'])

/** The class of what a method gives; `unknown` where the method does not make a schema. */
export function kindAfter(name: string, before: Kind | undefined): Kind | undefined | 'unknown' {
  if (Object.hasOwn(methods, name)) return methods[name]
  return same.has(name) ? before : 'unknown'
}
