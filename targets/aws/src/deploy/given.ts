/** What templates are given: the zone, the tags of images, where bundles lie, and what an earlier part gives. */
import { DescribeImagesCommand } from '@aws-sdk/client-ecr'
import { ListHostedZonesByNameCommand } from '@aws-sdk/client-route-53'
import { fault, type Shipping } from 'groundplan/target'
import { idOf } from '../names.ts'
import { imagesOf, type System } from '../system.ts'
import { type Clients, calling, nameOf } from './clients.ts'

/** The names of a template's parameters that must be given: those that have no default. */
export function parametersOf(template: string): readonly string[] {
  const { Parameters = {} }: { Parameters?: Readonly<Record<string, { readonly Default?: unknown }>> } =
    JSON.parse(template)
  const all = Object.entries(Parameters).filter(([, { Default }]) => Default === undefined)
  return all.map(([name]) => name).sort()
}

/** The zone of the domain, which is there before all. Faults: `setting-missing`. */
export async function zoneOf({ route53 }: Clients, domain: string): Promise<string> {
  const asks = new ListHostedZonesByNameCommand({ DNSName: `${domain}.`, MaxItems: 10 })
  const { HostedZones = [] } = await calling('asking Route 53 for zones', () => route53.send(asks))
  const zone = HostedZones.find(({ Name, Config }) => Name === `${domain}.` && Config?.PrivateZone !== true)
  if (zone?.Id) return zone.Id.replace('/hostedzone/', '')
  throw fault('setting-missing', `Route 53 has no public zone "${domain}" in this account`, {
    wayOut: `make it, and let the domain's registrar name its servers: aws route53 create-hosted-zone --name ${domain} --caller-reference 1\nor name another domain in the config`,
  })
}

export interface Images {
  /** Parameters of the template: tags. */
  readonly tags: Readonly<Record<string, string>>
  /** Digests by container. */
  readonly digests: Readonly<Record<string, string>>
  /** Containers without an image, each with where it belongs. */
  readonly missing: Readonly<Record<string, string>>
}

/** The images to run: those that are named, else those that run. */
export async function imagesFor(
  system: System,
  { ecr }: Clients,
  images: Shipping['images'],
  running: Readonly<Record<string, string>>,
): Promise<Images> {
  const [tags, digests, missing] = [new Map(), new Map(), new Map()] as Map<string, string>[]
  for (const container of imagesOf(system)) {
    const parameter = idOf('Image', container)
    const tag = (typeof images === 'string' ? images : images?.[container]) ?? running[parameter]
    const repository = system.names.service(container)
    const digest = tag === undefined ? undefined : await digestIn(ecr, repository, tag)
    if (tag === undefined || digest === undefined) missing?.set(container, `${repository}:${tag ?? '<tag>'}`)
    else tags?.set(parameter, tag) && digests?.set(container, digest)
  }
  return { tags: fromMap(tags), digests: fromMap(digests), missing: fromMap(missing) }
}

function fromMap(map: ReadonlyMap<string, string> | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries(map ?? [])
}

async function digestIn(ecr: Clients['ecr'], repositoryName: string, imageTag: string): Promise<string | undefined> {
  const asks = new DescribeImagesCommand({ repositoryName, imageIds: [{ imageTag }] })
  const found = await calling(`looking for the image ${repositoryName}:${imageTag}`, () =>
    ecr.send(asks).catch(unlessMissing),
  )
  return found?.imageDetails?.[0]?.imageDigest
}

function unlessMissing(error: unknown): undefined {
  if (!['ImageNotFoundException', 'RepositoryNotFoundException'].includes(nameOf(error) ?? '')) throw error
}
