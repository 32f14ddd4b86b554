/** Templates as comparing needs them: resources by their names, each with its file. */
import type { TargetFiles } from 'groundplan/target'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }
export type Properties = { readonly [name: string]: Json }

export interface Resource {
  /** In the template. */
  readonly id: string
  /** The template's file. */
  readonly file: string
  readonly type: string
  readonly properties: Properties
  readonly kept: boolean
}

/** All resources of the templates, by file and name. */
export function resourcesIn(files: TargetFiles): ReadonlyMap<string, Resource> {
  const found = Object.entries(files).flatMap(([file, text]) => {
    const template: Json = JSON.parse(text)
    const resources = isRecord(template) ? template.Resources : undefined
    return Object.entries(isRecord(resources) ? resources : {}).map(([id, given]) => resourceOf(file, id, given))
  })
  return new Map(found.map(resource => [`${resource.file} ${resource.id}`, resource]))
}

function resourceOf(file: string, id: string, given: Json): Resource {
  const { Type = '', Properties = {}, DeletionPolicy } = isRecord(given) ? given : {}
  return {
    ...{ id, file, type: String(Type), properties: isRecord(Properties) ? Properties : {} },
    kept: String(DeletionPolicy).startsWith('Retain'),
  }
}

export function isRecord(value: Json | undefined): value is Properties {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function listOf(value: Json | undefined): readonly Json[] {
  if (value === undefined || value === null) return []
  return Array.isArray(value) ? value : [value]
}

/** A value for people: what refers to something else shows what it refers to. */
export function shown(value: Json | undefined): string {
  if (value === undefined) return 'nothing'
  if (typeof value === 'string') return value
  if (!isRecord(value)) return Array.isArray(value) ? `[${value.map(shown).join(', ')}]` : String(value)
  const { 'Fn::Join': join } = value
  if (Array.isArray(join))
    return listOf(join[1])
      .map(shown)
      .join(String(join[0] ?? ''))
  const { Ref, 'Fn::Sub': sub, 'Fn::GetAtt': attribute, 'Fn::ImportValue': imported } = value
  const [of] = listOf(attribute)
  const known = Ref ?? sub ?? of ?? imported
  return typeof known === 'string' ? known : JSON.stringify(value)
}
